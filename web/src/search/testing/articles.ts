/** Four short articles in each language: a chat, a file, a booking, a price. */
import type { Locale, Source } from "../types.ts";

type Text = [id: string, title: string, body: string];

const TEXTS: Record<Locale, Text[]> = {
  ka: [
    ["chat", "როგორ მუშაობს ჩატი", "მოკლე კითხვებს ჩატში სვამენ. საუბრის ტექსტი არსად ინახება."],
    ["file", "როგორ დავურთოთ ფაილი", "თითო შეტყობინებას ერთი სურათი ან დოკუმენტი ახლავს."],
    ["booking", "ჯავშნის გაუქმება", "თუ სტუმარი არ ჩამოვა, გააუქმეთ ჯავშანი კალენდარში. ოთახი ისევ თავისუფალია."],
    ["price", "ოთახების ფასები", "ფასი იცვლება ტარიფების გვერდზე სეზონის მიხედვით."],
  ],
  en: [
    ["chat", "How the chat works", "Ask short questions in the chat. What is said is stored nowhere."],
    ["file", "How to attach a file", "Each message carries one screenshot or document."],
    ["booking", "Cancel a booking", "When the guest does not arrive, cancel the reservation in the calendar. The room is free again."],
    ["price", "Prices of rooms", "A price changes on the tariffs page, by season. Wi-Fi is included."],
  ],
  ru: [
    ["chat", "Как работает чат", "Короткие вопросы задают в чате. Разговор нигде не хранится."],
    ["file", "Как приложить файл", "К каждому сообщению прилагается один снимок экрана или документ."],
    ["booking", "Отмена бронирования", "Если гость не приедет, отмените бронь в календаре, примите звонок и верните оплату. Счёт закрывается."],
    ["price", "Цены номеров", "Цена меняется на странице тарифов по сезонам. Её можно напечатать: печать работает."],
  ],
  uk: [
    ["chat", "Як працює чат", "Короткі запитання ставлять у чаті. Розмова ніде не зберігається."],
    ["file", "Як додати файл", "Кожне повідомлення має один знімок екрана або документ із комп’ютера."],
    ["booking", "Скасування бронювання", "Якщо гість не приїде, скасуйте бронь у календарі. Вхід до номера закрито, ґанок теж."],
    ["price", "Ціни номерів", "Ціна змінюється на сторінці тарифів за сезоном."],
  ],
  pl: [
    ["chat", "Jak działa czat", "Krótkie pytania zadaje się na czacie. Rozmowa nie jest nigdzie przechowywana."],
    ["file", "Jak dodać plik", "Każda wiadomość ma jeden zrzut ekranu albo dokument z drukarki."],
    ["booking", "Anulowanie rezerwacji", "Jeśli gość nie przyjedzie, anuluj rezerwację w kalendarzu. Pokój znów jest wolny, a płatność wróci."],
    ["price", "Ceny pokoi", "Cena zmienia się na stronie taryf zależnie od sezonu."],
  ],
};

/** The four articles of a language. */
export function articlesIn(locale: Locale): Source[] {
  return TEXTS[locale].map(([id, title, body]) => ({ id, title, summary: "", keywords: [], body, text: `/${id}.json` }));
}
