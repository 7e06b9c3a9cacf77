/** Polish without its marks: endings taken off by our own short lists, for no kept package has a stemmer that can be shipped. */
import { endingStripper, exchange, fleetingVowel, type Language, wordSet } from "./language.ts";

const inflection = endingStripper(
  `a e i y u o
   ami ach om em ow owi ie ia iu iom iami iach iem
   ego emu ych ymi ym im ej iej iego iemu ich imi
   ac ic yc ec asz am amy acie esz emy ecie isz imy icie ysz ymy ycie ajcie ijcie ujcie`,
  3,
);
const derivation = endingStripper("owani ani eni owan an on en ow owa owac owal uj ujem ujes ujec ujac jac ac aj ij al", 4);
const fleeting = fleetingVowel("e", "knlrcwm");
const softened = exchange([["k", "c"], ["t", "c"], ["d", "dz"], ["g", "dz"], ["st", "sc"]]);
const palatal: readonly [RegExp, string][] = [
  [/rz$/u, "r"],
  [/i$/u, ""],
];

function soften(stem: string): string {
  return palatal.reduce((word, [pattern, plain]) => word.replace(pattern, plain), stem);
}

export const polish: Language = {
  common: wordSet(`
    a aby albo ale bez bo by byc byl byla bylo byly ci co czy dla do gdy gdzie go i ich ile im ja jak jaka jaki
    jakie je jego jej jest jestem juz kiedy kto ktora ktore ktory lub ma mam mi mnie moge moj moja moje moze mozemy
    mozna na nad nam nas nie o od on ona one oni oraz po pod prosze przez przy sa sie ta tak tam te tego tej ten to
    trzeba tu ty tych tym w we wiec wszystko z za ze zeby`),
  letters: "abcdefghijklmnoprstuwyz",
  stem: (folded) => soften(derivation(inflection(folded))),
  shapes: (stem) => [...fleeting(stem), ...softened(stem)],
};
