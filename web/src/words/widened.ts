// The shape of the words, whatever the language.
export type Widened<T> = T extends string
  ? string
  : T extends (...given: infer G) => string
    ? (...given: G) => string
    : T extends [string, string][]
      ? [string, string][]
      : T extends Record<string, string>
        ? { [K in keyof T]: string }
        : { [K in keyof T]: Widened<T[K]> };
