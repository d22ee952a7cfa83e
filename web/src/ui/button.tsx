// What is pressed, and what leads somewhere.
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps } from 'react-aria-components';
import { onLink } from '../route';
import { Icon, type IconName } from './icon';

type Kind = 'plain' | 'key' | 'quiet' | 'bad';
type Props = Omit<ButtonProps, 'className' | 'style' | 'children'> & {
  kind?: Kind;
  small?: boolean;
  icon?: IconName;
  children?: ReactNode;
};

export function Button({ kind = 'plain', small, icon, children, ...rest }: Props) {
  return (
    <AriaButton {...rest} className="button" data-kind={kind} data-small={small || undefined}>
      {icon && <Icon name={icon} />}
      {children}
    </AriaButton>
  );
}

type LinkProps = {
  to: string;
  kind?: Kind;
  icon?: IconName;
  label?: string;
  current?: boolean;
  className?: string;
  children?: ReactNode;
};

/** A link within the page; looks like a button when it has a kind. */
export function Link({ to, kind, icon, label, current, className, children }: LinkProps) {
  return (
    <a
      href={to}
      onClick={onLink}
      className={kind ? 'button' : className}
      data-kind={kind}
      aria-label={label}
      aria-current={current ? 'page' : undefined}
    >
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}
