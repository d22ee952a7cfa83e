// The direction of a sentence: that of most of its letters. The first letter alone, which `dir="auto"`
// goes by, is often that of a name of somebody's file, and would turn the sentence around.
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/gu;
const LETTER = /\p{L}/gu;
/** A sentence shows its direction soon. */
const LOOKED_AT = 400;

export function wayOf(text: string): 'rtl' | 'ltr' | 'auto' {
  const part = text.slice(0, LOOKED_AT);
  const letters = part.match(LETTER)?.length ?? 0;
  if (letters === 0) return 'auto';
  return (part.match(RIGHT_TO_LEFT)?.length ?? 0) * 2 > letters ? 'rtl' : 'ltr';
}
