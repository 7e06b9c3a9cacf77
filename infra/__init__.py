"""What Chalice does not make: the template's other half, the build, the deployment."""
