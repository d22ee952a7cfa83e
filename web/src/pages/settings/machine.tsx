// What machines of tasks are made of, what it takes on the disk, and what can go.
import { useState } from 'react';
import { house } from '../../api/house';
import type { ImageView, LayerView, RoomView } from '../../api/types';
import { useAct, useAsked } from '../../state/asked';
import { toast } from '../../state/toasts';
import { Button } from '../../ui/button';
import { Sure } from '../../ui/dialog';
import { Chip, Empty, Loading, Problem } from '../../ui/told';
import { size, useWords, when } from '../../words';
import { asSaid } from '../../words/said';

export default function Machine() {
  const words = useWords();
  const room = useAsked('room', house.room);
  return (
    <>
      <p className="read">{words.kept.machineText}</p>
      <section className="stack" aria-labelledby="room">
        <h2 id="room">{words.kept.room}</h2>
        {room.error && <Problem error={room.error} />}
        {!room.value && !room.error && <Loading />}
        {room.value && <Room room={room.value} onFreed={room.again} />}
      </section>
      <Images onRemoved={room.again} />
      <Layers onRemoved={room.again} />
    </>
  );
}

function Room({ room, onFreed }: { room: RoomView; onFreed: () => void }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const free = () =>
    act(async () => {
      await house.free();
      onFreed();
      toast({ tone: 'good', text: words.kept.roomFreed(size(room.installed_bytes)) });
    });
  const lines: [string, number][] = [
    [words.kept.roomTasks, room.tasks_bytes],
    [words.kept.roomInstalled, room.installed_bytes],
    [words.kept.roomImages, room.images_bytes],
    [words.kept.roomTemplates, room.templates_bytes],
    [words.kept.roomLayers, room.layers_bytes],
    [words.kept.roomAll, room.state_bytes],
    [words.kept.roomFree, room.free_bytes],
  ];
  return (
    <>
      <dl className="facts sums small">
        {lines.map(([name, bytes]) => (
          <div key={name} className="fact">
            <dt>{name}</dt>
            <dd className="num">{size(bytes)}</dd>
          </div>
        ))}
      </dl>
      {room.installed_bytes > 0 && (
        <>
          <p className="read">{words.kept.roomFreeText}</p>
          <div>
            <Button isDisabled={isBusy} onPress={free}>
              {words.kept.roomFreeDo}
            </Button>
          </div>
        </>
      )}
    </>
  );
}

type PartProps = { onRemoved: () => void };

function Images({ onRemoved }: PartProps) {
  const words = useWords();
  const { value, error, put } = useAsked('images', house.images);
  const facts = (it: ImageView) =>
    (it.broken === null ? null : asSaid(it.broken)) ??
    `${words.kept.imageFacts(it.suite, it.packages, size(it.size_bytes))} · ${when(it.made_at, Date.now())}`;
  const remove = async (name: string) => put(await house.removeImage(name));
  return (
    <section className="stack" aria-labelledby="images">
      <h2 id="images">{words.kept.imagesTitle}</h2>
      <p className="read">{words.kept.imagesText}</p>
      {error && <Problem error={error} />}
      {value && value.length === 0 && <Empty>{words.kept.imagesNone}</Empty>}
      <Removable
        lines={(value ?? []).map((it) => ({
          name: it.name,
          facts: facts(it),
          isBad: it.broken !== null,
          note: it.is_used ? words.kept.imageUsed : null,
        }))}
        sure={words.kept.imageSure}
        remove={remove}
        onRemoved={onRemoved}
      />
    </section>
  );
}

function Layers({ onRemoved }: PartProps) {
  const words = useWords();
  const { value, error, put } = useAsked('layers', house.layers);
  const facts = (it: LayerView) => {
    const on = it.below.length > 0 ? [words.kept.layerOn(it.below.join(', '))] : [];
    return [words.kept.layerFacts(it.files, size(it.size_bytes)), ...on, it.unusable && asSaid(it.unusable)]
      .filter(Boolean)
      .join(' · ');
  };
  const remove = async (name: string) => put(await house.removeLayer(name));
  return (
    <section className="stack" aria-labelledby="layers">
      <h2 id="layers">{words.kept.layersTitle}</h2>
      <p className="read">{words.kept.layersText}</p>
      {error && <Problem error={error} />}
      {value && value.length === 0 && <Empty>{words.kept.layersNone}</Empty>}
      <Removable
        lines={(value ?? []).map((it) => ({
          name: it.name,
          facts: facts(it),
          isBad: it.unusable !== null,
          note: null,
        }))}
        sure={words.kept.layerSure}
        remove={remove}
        onRemoved={onRemoved}
      />
    </section>
  );
}

type Line = { name: string; facts: string; isBad: boolean; note: string | null };
type RemovableProps = {
  lines: Line[];
  sure: (name: string) => string;
  remove: (name: string) => Promise<void>;
  onRemoved: () => void;
};

function Removable({ lines, sure, remove, onRemoved }: RemovableProps) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [doomed, setDoomed] = useState('');
  const removeIt = () =>
    act(async () => {
      await remove(doomed);
      onRemoved();
      toast({ tone: 'good', text: words.kept.removed(doomed) });
    });
  const [isSure, setSure] = useState(false);
  return (
    <ul className="findings">
      {lines.map((it) => (
        <li key={it.name} className="finding row wrap">
          <div className="grow">
            <bdi className="strong breaks">{it.name}</bdi>
            <p className={`small breaks num ${it.isBad ? 'bad' : 'faint'}`} dir="auto">
              {it.facts}
            </p>
          </div>
          {it.note && <Chip tone="good">{it.note}</Chip>}
          <Button
            small
            icon="cross"
            isDisabled={isBusy}
            aria-label={words.kept.remove(it.name)}
            onPress={() => (setDoomed(it.name), setSure(true))}
          />
        </li>
      ))}
      <Sure
        isOpen={isSure}
        onClose={() => setSure(false)}
        title={words.kept.remove(doomed)}
        text={sure(doomed)}
        yes={words.kept.remove(doomed)}
        onYes={() => void removeIt()}
      />
    </ul>
  );
}
