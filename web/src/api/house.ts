// Everything the page asks of what is kept for all tasks.
import { get, post } from './call';
import type {
  DoctorView,
  EgressWordsView,
  FolderLately,
  FolderMemoryView,
  ImageView,
  LayerView,
  MemoryView,
  ModelKeyView,
  ModelTested,
  ModelsView,
  PhoneLink,
  PhonesView,
  RoomView,
  SearchHit,
  SecretView,
  SettingsView,
  StandingView,
} from './types';

type SecretTyped = { name: string; value: string; host: string; path: string | null };

export const house = {
  settings: () => get<SettingsView>('/v1/settings'),
  set: (key: string, value: unknown) => post<SettingsView>('/v1/settings', { key, value }),
  models: () => get<ModelsView>('/v1/models'),
  testModel: (name: string) => post<ModelTested>('/v1/models/test', { name }),
  keepKey: (provider: string, key: string) => post<ModelKeyView>('/v1/models/key', { provider, key }),
  forgetKey: (provider: string) => post<ModelsView>('/v1/models/key/remove', { provider }),
  memory: () => get<MemoryView>('/v1/memory'),
  setMemory: (text: string, before: string) => post<MemoryView>('/v1/memory', { text, before }),
  folderMemories: () => get<FolderMemoryView[]>('/v1/memory/folders'),
  setFolderMemory: (folder: string, text: string, before: string) =>
    post<FolderMemoryView[]>('/v1/memory/folders', { folder, text, before }),
  room: () => get<RoomView>('/v1/room'),
  free: () => post<RoomView>('/v1/room/free', { task: null }),
  images: () => get<ImageView[]>('/v1/images'),
  removeImage: (name: string) => post<ImageView[]>('/v1/images/remove', { name }),
  layers: () => get<LayerView[]>('/v1/layers'),
  removeLayer: (name: string) => post<LayerView[]>('/v1/layers/remove', { name }),
  standing: () => get<StandingView>('/v1/egress/standing'),
  setStanding: (keep: string[], forget: string[]) =>
    post<StandingView>('/v1/egress/standing', { keep, forget }),
  words: (words: string) => post<EgressWordsView>('/v1/egress/words', { words }),
  secrets: () => get<SecretView[]>('/v1/secrets'),
  keepSecret: ({ name, value, host, path }: SecretTyped) =>
    post<SecretView[]>('/v1/secrets', { name, value, host, port: 443, methods: [], path }),
  removeSecret: (name: string) => post<SecretView[]>('/v1/secrets/remove', { name }),
  foldersLately: () => get<FolderLately[]>('/v1/folders/lately'),
  search: (words: string, signal?: AbortSignal) =>
    get<SearchHit[]>(`/v1/search?words=${encodeURIComponent(words)}`, signal),
  phones: () => get<PhonesView>('/v1/phones'),
  phoneLink: () => post<PhoneLink>('/v1/phones/pair'),
  revokePhone: (phone: string) => post<PhonesView>('/v1/phones/revoke', { phone }),
  /** What a phone asks that scanned a code. */
  pair: (code: string, name: string) => post<void>('/v1/pair', { code, name }),
  doctor: () => get<DoctorView>('/v1/doctor'),
  fix: (id: string) => post<DoctorView>('/v1/doctor/fix', { id }),
};
