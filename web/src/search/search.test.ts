import { describe, expect, it } from "vitest";
import { buildIndex, type Locale, Search, type Source } from "./index.ts";
import { articlesIn } from "./testing/articles.ts";

const LOCALES: Locale[] = ["ka", "en", "ru", "uk", "pl"];

function searchIn(locale: Locale, sources: Source[] = articlesIn(locale)): Search {
  return Search.load(buildIndex(locale, sources));
}

function first(locale: Locale, query: string): string | undefined {
  return searchIn(locale).find(query)[0]?.id;
}

describe("a query finds its article", () => {
  it.each<[Locale, string, string]>([
    ["ka", "ჩატი", "chat"],
    ["en", "chat", "chat"],
    ["ru", "чат", "chat"],
    ["uk", "чат", "chat"],
    ["pl", "czat", "chat"],
  ])("as it stands in %s: %s", (locale, query, id) => {
    expect(first(locale, query)).toBe(id);
  });

  it.each<[Locale, string, string]>([
    ["ka", "ჯავშნებისთვის", "booking"],
    ["ka", "ჯავშანს", "booking"],
    ["ka", "ოთახებში ფასებით", "price"],
    ["ka", "სურათებს", "file"],
    ["en", "cancelled bookings", "booking"],
    ["en", "attaching files", "file"],
    ["ru", "отменить бронирования", "booking"],
    ["ru", "номера цен", "price"],
    ["ru", "звонков", "booking"],
    ["ru", "печати", "price"],
    ["uk", "бронюванням", "booking"],
    ["uk", "входу", "booking"],
    ["uk", "цінами номера", "price"],
    ["pl", "rezerwacjami", "booking"],
    ["pl", "gościa", "booking"],
    ["pl", "drukarce", "file"],
  ])("in another form in %s: %s", (locale, query, id) => {
    expect(first(locale, query)).toBe(id);
  });

  it.each([
    ["ჯავშანი ჯავშნის ჯავშანს ჯავშნები ჯავშნების ჯავშნებში ჯავშნით ჯავშნისთვის ჯავშანზე ჯავშნად"],
    ["სტუმარი სტუმრის სტუმარს სტუმრები სტუმრების სტუმრებს სტუმართან სტუმრისთვის სტუმრებისგან"],
    ["ოთახი ოთახის ოთახს ოთახში ოთახები ოთახებში ოთახების ოთახიდან ოთახამდე ოთახებისთვის"],
    ["ანგარიში ანგარიშის ანგარიშს ანგარიშები ანგარიშზე ანგარიშიდან"],
    ["შეტყობინება შეტყობინების შეტყობინებას შეტყობინებები შეტყობინებებში შეტყობინებით"],
    ["სასტუმრო სასტუმროს სასტუმროში სასტუმროები სასტუმროებისთვის სასტუმროდან"],
  ])("in every case of a Georgian noun from every other: %s", (forms) => {
    for (const written of forms.split(" ")) {
      const search = searchIn("ka", [{ id: "a", title: "", summary: "", keywords: [], body: written, text: "" }]);
      expect(forms.split(" ").filter((asked) => search.find(asked).length === 0)).toEqual([]);
    }
  });

  it.each<[Locale, string, string]>([
    ["ka", "კლენდარში", "booking"],
    ["ka", "დოკუმეტნი", "file"],
    ["en", "documnet", "file"],
    ["en", "screeenshot", "file"],
    ["ru", "каленжаре", "booking"],
    ["ru", "докумнет", "file"],
    ["uk", "каленарі", "booking"],
    ["uk", "тариыфів", "price"],
    ["pl", "kalendazru", "booking"],
    ["pl", "dokment", "file"],
  ])("with one typing error in %s: %s", (locale, query, id) => {
    expect(first(locale, query)).toBe(id);
  });

  it.each<[Locale, string, string]>([
    ["ka", "Cati", "chat"],
    ["ka", "javSani", "booking"],
    ["ka", "Javsnis", "booking"],
    ["ru", "xfn", "chat"],
    ["ru", ",hjym", "booking"],
    ["uk", "rjvg'.nth", "file"],
    ["uk", "wsys", "price"],
    ["en", "сфтсуд", "booking"],
    ["en", "ბოოკინგ", "booking"],
    ["pl", "куяукцфсоф", "booking"],
  ])("typed with the wrong layout in %s: %s", (locale, query, id) => {
    expect(first(locale, query)).toBe(id);
  });

  it.each<[Locale, string, string]>([
    ["ka", "chati", "chat"],
    ["ka", "javshani", "booking"],
    ["ka", "otaxebi", "price"],
    ["ka", "otakhebis pasi", "price"],
    ["ru", "zvonok", "booking"],
    ["ru", "oplata", "booking"],
    ["ru", "schet", "booking"],
    ["ru", "schyot", "booking"],
    ["ru", "pechat", "price"],
    ["ru", "stranitsa tarifov", "price"],
    ["ru", "kak ya mogu oplatu", "booking"],
    ["uk", "skasuvannia", "booking"],
    ["uk", "kalendar bronyuvannya", "booking"],
  ])("in Latin letters in %s: %s", (locale, query, id) => {
    expect(first(locale, query)).toBe(id);
  });

  it.each<[Locale, string, string]>([
    ["pl", "platnosc", "booking"],
    ["ru", "счет", "booking"],
    ["uk", "ганок", "booking"],
    ["uk", "компютер", "file"],
    ["uk", "комп'ютер", "file"],
    ["en", "wifi", "price"],
    ["en", "WI-FI", "price"],
  ])("written without its marks in %s: %s", (locale, query, id) => {
    expect(first(locale, query)).toBe(id);
  });
});

describe("a query finds nothing", () => {
  it.each<[Locale, string]>([
    ["ka", "შოკოლადის ნამცხვარი"],
    ["en", "chocolate cake"],
    ["ru", "фывапролдж"],
    ["uk", "qwertasdf zxcv"],
    ["pl", "mistrzostwa świata"],
    ["en", ""],
    ["en", "how to the"],
    ["ru", "?! ,,"],
  ])("when it is nonsense in %s: %s", (locale, query) => {
    expect(searchIn(locale).find(query)).toEqual([]);
  });

  it("when one known word stands among many unknown ones, and something without those", () => {
    expect(searchIn("en").find("chat zorp flimble quonk")).toEqual([]);
    expect(first("en", "chat")).toBe("chat");
  });

  it("for an error in a word of three letters, but finds it when it is right", () => {
    expect(searchIn("ru").find("чбт")).toEqual([]);
    expect(first("ru", "чат")).toBe("chat");
  });
});

it("puts an article with the word in its title before one with it in its text", () => {
  const [file] = articlesIn("en");
  const search = searchIn("en", [
    { ...file, id: "text", title: "Other", body: "refund" } as Source,
    { ...file, id: "title", title: "Refund", body: "other" } as Source,
  ]);
  expect(search.find("refund").map(({ id }) => id)).toEqual(["title", "text"]);
});

it("finds what summary and keywords say", () => {
  const [file] = articlesIn("en");
  const search = searchIn("en", [{ ...file, summary: "On invoices", keywords: ["receipt"] } as Source]);
  expect(["invoice", "receipts", "passport"].map((query) => search.find(query).length)).toEqual([1, 1, 0]);
});

it("gives no more than the limit, and all without it", () => {
  const sources = Array.from({ length: 5 }, (_, i) => ({ ...articlesIn("en")[0], id: `${i}` }) as Source);
  expect(searchIn("en", sources).find("chat", 2)).toHaveLength(2);
  expect(searchIn("en", sources).find("chat")).toHaveLength(5);
});

it("takes a word that this reading does not know as it was typed", () => {
  const sources = articlesIn("ru").map((each) => (each.id === "file" ? { ...each, body: "Снимок экрана в Excel" } : each));
  expect(searchIn("ru", sources).find("ekran excel")[0]?.id).toBe("file");
});

it.each(LOCALES)("finds every article by its own title, whatever its case, in %s", (locale) => {
  for (const { id, title } of articlesIn(locale)) {
    expect(first(locale, title)).toBe(id);
    expect(first(locale, title.toUpperCase())).toBe(id);
  }
});

describe("suggestions", () => {
  it.each<[Locale, string, string | undefined]>([
    ["ka", "გთხოვთ გააუქმოთ ჯავშანი", "booking"],
    ["en", "Please cancel the booking", "booking"],
    ["ru", "Не могу приложить файл к сообщению", "file"],
    ["ru", "Файл почему-то не прикрепляется", "file"],
    ["uk", "Як скасувати бронювання", "booking"],
    ["pl", "Nie mogę dodać pliku do wiadomości", "file"],
    ["en", "Good morning dear colleagues", undefined],
    ["ru", "Добрый вечер, уважаемые коллеги", undefined],
  ])("in %s for “%s”", (locale, subject, id) => {
    expect(searchIn(locale).suggest(subject)[0]?.id).toBe(id);
  });

  it("are three at most", () => {
    const sources = Array.from({ length: 5 }, (_, i) => ({ ...articlesIn("en")[0], id: `${i}` }) as Source);
    expect(searchIn("en", sources).suggest("how does the chat work")).toHaveLength(3);
  });
});
