// Where phones reach this computer, which are let in, and a code for one more.
import { useEffect, useState } from 'react';
import { house } from '../../api/house';
import type { PhoneLink, PhonesView } from '../../api/types';
import { QrCode } from '../../parts/qr-code';
import { useAct, useAsked } from '../../state/asked';
import { holding, put, settingOf, useSettings } from '../../state/settings';
import { Button } from '../../ui/button';
import { Text, Tick } from '../../ui/fields';
import { Chip, Empty, Loading, Problem, Said } from '../../ui/told';
import { useWords, when } from '../../words';
import { Amount } from './budgets';

export default function Phone() {
  const words = useWords();
  const { value: view, error, again, put } = useAsked('phones', house.phones);
  return (
    <>
      <p className="read">{words.phone.text}</p>
      {error && <Problem error={error} />}
      {!view && !error && <Loading />}
      {view && <Reach view={view} onChanged={again} />}
      {view?.reach.state === 'open' && <Pair onPaired={again} />}
      {view && <Phones view={view} onChanged={put} />}
      <Idle onChanged={again} />
    </>
  );
}

function Reach({ view, onChanged }: { view: PhonesView; onChanged: () => void }) {
  const words = useWords();
  const settings = useSettings();
  const { isBusy, act } = useAct();
  const chosen = holding(settingOf(settings, 'phone.address')) as string | null;
  const isPlain = holding(settingOf(settings, 'phone.plain')) === true;
  const [address, setAddress] = useState<string | null>(null);
  const text = address ?? chosen ?? view.suggested ?? '';
  const set = (key: string, value: unknown) =>
    act(async () => {
      await put(key, value, words);
      setAddress(null);
      onChanged();
    });
  const { reach } = view;
  return (
    <section className="stack" aria-labelledby="reach">
      <div className="row">
        <h2 id="reach" className="grow">
          {words.phone.reach}
        </h2>
        <Chip tone={reach.state === 'open' ? 'good' : reach.state === 'failed' ? 'bad' : 'plain'}>
          {words.phone.states[reach.state]}
        </Chip>
      </div>
      {reach.state === 'open' && <bdi className="mono breaks">{reach.url}</bdi>}
      {reach.state === 'failed' && (
        <p role="alert" className="breaks">
          <Said text={reach.why} />
        </p>
      )}
      <div className="row amount">
        <div className="grow">
          <Text label={words.phone.address} hint="192.168.1.20:7443" value={text} onChange={setAddress} />
        </div>
        {chosen === null || text !== chosen ? (
          <Button
            kind="key"
            isDisabled={isBusy || !text.trim()}
            onPress={() => void set('phone.address', text.trim())}
          >
            {words.phone.on}
          </Button>
        ) : (
          <Button isDisabled={isBusy} onPress={() => void set('phone.address', null)}>
            {words.phone.off}
          </Button>
        )}
      </div>
      <Tick
        isSelected={isPlain}
        isDisabled={isBusy}
        onChange={(isOn) => void set('phone.plain', isOn || null)}
      >
        {words.phone.plain}
      </Tick>
      {isPlain && <p className="bad small">{words.phone.plainText}</p>}
    </section>
  );
}

function Pair({ onPaired }: { onPaired: () => void }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [link, setLink] = useState<PhoneLink | null>(null);
  const show = () => act(async () => setLink(await house.phoneLink()));
  useEffect(() => {
    if (!link) return;
    const over = setTimeout(() => setLink(null), link.seconds * 1000);
    return () => clearTimeout(over);
  }, [link]);
  return (
    <section className="stack" aria-labelledby="pair">
      <h2 id="pair">{words.phone.pair}</h2>
      {link ? (
        <>
          <QrCode rows={link.rows} label={words.phone.code} />
          <p className="read">{words.phone.scan(Math.round(link.seconds / 60))}</p>
          <p className="small mono breaks">{link.url}</p>
          {link.fingerprint && (
            <div className="small">
              <p className="read">{words.phone.fingerprint}</p>
              <p className="mono breaks">{link.fingerprint}</p>
            </div>
          )}
          <div>
            <Button
              onPress={() => {
                setLink(null);
                onPaired();
              }}
            >
              {words.phone.done}
            </Button>
          </div>
        </>
      ) : (
        <div>
          <Button kind="key" isDisabled={isBusy} onPress={() => void show()}>
            {words.phone.showCode}
          </Button>
        </div>
      )}
    </section>
  );
}

type PhonesProps = { view: PhonesView; onChanged: (view: PhonesView) => void };

function Phones({ view, onChanged }: PhonesProps) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const revoke = (id: string) => act(async () => onChanged(await house.revokePhone(id)));
  return (
    <section className="stack" aria-labelledby="phones">
      <h2 id="phones">{words.phone.paired}</h2>
      {view.phones.length === 0 && <Empty>{words.phone.none}</Empty>}
      <ul className="findings">
        {view.phones.map((phone) => (
          <li key={phone.id} className="finding row wrap">
            <div className="grow">
              <bdi className="strong breaks">{phone.name}</bdi>
              <p className="small faint num">{words.phone.seen(when(phone.seen_at, Date.now()))}</p>
              {phone.is_idle && <p className="small">{words.phone.idle(view.idle_days)}</p>}
            </div>
            {phone.is_idle && <Chip tone="bad">{words.phone.shutOut}</Chip>}
            <Button
              kind="bad"
              isDisabled={isBusy}
              aria-label={words.phone.revokeOf(phone.name)}
              onPress={() => void revoke(phone.id)}
            >
              {words.phone.revoke}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How long a phone may lie around. */
function Idle({ onChanged }: { onChanged: () => void }) {
  const words = useWords();
  const setting = settingOf(useSettings(), 'phone.idle_days');
  if (!setting) return null;
  return (
    <section className="stack wide" aria-labelledby="idle">
      <h2 id="idle">{words.phone.idleTitle}</h2>
      <p className="read">{words.phone.idleText}</p>
      <Amount setting={setting} onChanged={onChanged} />
    </section>
  );
}
