// What is written, ticked and chosen.
import { useEffect, useRef, type ReactNode } from 'react';
import {
  Checkbox,
  Input,
  Label,
  Radio,
  RadioGroup,
  TextArea,
  TextField,
} from 'react-aria-components';
import { Icon } from './icon';

type TextProps = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  isLabelUnseen?: boolean;
  isLong?: boolean;
  isFocused?: boolean;
  isSearch?: boolean;
  isSecret?: boolean;
  onEnter?: () => void;
};

export function Text(props: TextProps) {
  const { label, value, onChange, hint, isLabelUnseen, isLong, isFocused, isSearch, isSecret, onEnter } =
    props;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // In a list, the row takes the focus of the button that went away; this comes after it.
    const frame = isFocused ? requestAnimationFrame(() => input.current?.focus()) : 0;
    return () => cancelAnimationFrame(frame);
  }, [isFocused]);
  const onKeyDown = (event: React.KeyboardEvent) => {
    const isSent = event.key === 'Enter' && (!isLong || event.ctrlKey || event.metaKey);
    if (!onEnter || !isSent || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onEnter();
  };
  return (
    <TextField className="field" value={value} onChange={onChange} autoFocus={isFocused}>
      <Label className={isLabelUnseen ? 'unseen' : undefined}>{label}</Label>
      {isLong ? (
        <TextArea className="input" placeholder={hint} dir="auto" onKeyDown={onKeyDown} />
      ) : (
        <Input
          ref={input}
          className="input"
          placeholder={hint}
          dir="auto"
          type={isSecret ? 'password' : isSearch ? 'search' : 'text'}
          autoComplete={isSecret ? 'off' : undefined}
          onKeyDown={onKeyDown}
        />
      )}
    </TextField>
  );
}

type TickProps = {
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  isDisabled?: boolean;
  isIndeterminate?: boolean;
  label?: string;
  children?: ReactNode;
};

export function Tick({ children, label, ...rest }: TickProps) {
  return (
    <Checkbox {...rest} aria-label={label} className="tick">
      {({ isSelected, isIndeterminate }) => (
        <>
          <span className="mark" data-square>
            {isIndeterminate ? <Icon name="minus" /> : isSelected && <Icon name="check" />}
          </span>
          {children && <span className="grow">{children}</span>}
        </>
      )}
    </Checkbox>
  );
}

export type Option = {
  key: string;
  label: string;
  note?: string;
  picture?: ReactNode;
  /** What can be pressed beside it, and chooses nothing. */
  beside?: ReactNode;
};

type ChoiceProps = {
  label: string;
  isLabelUnseen?: boolean;
  options: readonly Option[];
  value: string | null;
  onChange: (key: string) => void;
};

export function Choice({ label, isLabelUnseen, options, value, onChange }: ChoiceProps) {
  const hasPictures = options.some((option) => option.picture);
  return (
    <RadioGroup className="stack choices" value={value} onChange={onChange} data-pictures={hasPictures || undefined}>
      <Label className={isLabelUnseen ? 'unseen' : 'label'}>{label}</Label>
      {options.map((option) => (
        <div key={option.key} className="choice-place" data-picture={option.picture ? true : undefined}>
          <Radio value={option.key} className="choice">
            <span className="mark">
              <span className="radio-dot" />
            </span>
            {/* A picture stands where those of the others do, whatever the language of its words. */}
            <span className="grow" dir={option.picture ? undefined : 'auto'}>
              <bdi>{option.label}</bdi>
              {option.note && <span className="faint small"> · {option.note}</span>}
              {option.picture}
            </span>
          </Radio>
          {option.beside}
        </div>
      ))}
    </RadioGroup>
  );
}
