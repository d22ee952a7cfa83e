// A rule of what may be reached: as a sentence, and below it as it is kept.
import { useWords } from '../words';
import { ruleText } from '../words/rule';
import { Said, Sentence } from '../ui/told';

export function Rule({ line }: { line: string }) {
  useWords();
  const text = ruleText(line);
  if (text === null) return <Said text={line} />;
  return (
    <span className="breaks">
      <span dir="auto">
        <Sentence text={text} />
      </span>
      <bdi className="rule-line small faint mono" dir="ltr">
        {line}
      </bdi>
    </span>
  );
}

/** What words mean: the rules, and what there is to say about them. */
export function Rules({ rules, notes = [] }: { rules: readonly string[]; notes?: readonly string[] }) {
  return (
    <ul className="boundary">
      {[...rules, ...notes].map((line) => (
        <li key={line}>
          <Rule line={line} />
        </li>
      ))}
    </ul>
  );
}
