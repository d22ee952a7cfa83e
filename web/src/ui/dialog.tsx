// What lies over the page until it is answered.
import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useWords } from '../words';
import { Button } from './button';

type Props = {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  isTitleUnseen?: boolean;
  /** As wide as the window lets it be. */
  isWide?: boolean;
  children: ReactNode;
};

export function Sheet({ isOpen, onClose, title, isTitleUnseen, isWide, children }: Props) {
  return (
    <ModalOverlay
      className="veil"
      isDismissable
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
    >
      <Modal className="modal" data-wide={isWide || undefined}>
        <Dialog className="dialog">
          <Heading slot="title" level={2} className={isTitleUnseen ? 'unseen' : undefined} dir="auto">
            {title}
          </Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

type SureProps = {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  text: string;
  yes: string;
  no?: string;
  onYes: () => void;
};

/** Asks once more before something ends. */
export function Sure({ isOpen, onClose, title, text, yes, no, onYes }: SureProps) {
  const words = useWords();
  const press = () => {
    onClose();
    onYes();
  };
  return (
    <Sheet isOpen={isOpen} onClose={onClose} title={title}>
      <p>{text}</p>
      <div className="row wrap">
        <Button kind="bad" onPress={press}>
          {yes}
        </Button>
        <Button autoFocus onPress={onClose}>
          {no ?? words.cancel}
        </Button>
      </div>
    </Sheet>
  );
}
