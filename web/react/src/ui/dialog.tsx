// A modal dialog: the browser's own, which keeps the focus, closes on Escape and gives the focus back.

import { type ReactNode, useEffect, useId, useRef } from "react";

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ title, isOpen, onClose, children }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element === null || element.open === isOpen) return;
    if (isOpen) element.showModal();
    else element.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} className="cl-dialog" aria-labelledby={titleId} onClose={onClose} onCancel={onClose}>
      {isOpen ? (
        <div className="cl-dialog-body">
          <header className="cl-dialog-head">
            <h2 id={titleId}>{title}</h2>
            <button type="button" className="cl-icon-button" aria-label="Close" onClick={onClose}>
              <span aria-hidden="true">×</span>
            </button>
          </header>
          {children}
        </div>
      ) : null}
    </dialog>
  );
}
