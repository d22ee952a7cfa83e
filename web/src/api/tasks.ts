// Everything the page asks of a task.
import { get, post, text } from './call';
import type {
  ApplyBody,
  AsideView,
  BoundaryBody,
  ChangesView,
  CreateBody,
  DiffView,
  FoldersView,
  FileSide,
  ItsMachineView,
  LogEntry,
  LookView,
  OffersView,
  PlanEdit,
  Provenance,
  TaskLine,
  TaskView,
} from './types';

const at = (task: string) => `/v1/tasks/${task}`;

export const tasks = {
  list: () => get<TaskLine[]>('/v1/tasks'),
  show: (task: string) => get<TaskView>(at(task)),
  create: (body: CreateBody) => post<TaskView>('/v1/tasks', body),
  answer: (task: string, question: string, answer: string) =>
    post<TaskView>(`${at(task)}/answers`, { question, answer }),
  editPlan: (task: string, edits: PlanEdit[]) =>
    post<TaskView>(`${at(task)}/plan/edits`, { edits }),
  decidePlan: (task: string, approved: boolean) =>
    post<TaskView>(`${at(task)}/plan/decision`, { approved }),
  setBoundary: (task: string, body: Partial<BoundaryBody>) =>
    post<TaskView>(`${at(task)}/boundary`, body),
  archive: (task: string, archived: boolean) =>
    post<TaskView>(`${at(task)}/archive`, { archived }),
  say: (task: string, text: string) => post<TaskView>(`${at(task)}/say`, { text }),
  pause: (task: string) => post<TaskView>(`${at(task)}/pause`),
  resume: (task: string) => post<TaskView>(`${at(task)}/resume`),
  switch: (task: string, model: string) => post<TaskView>(`${at(task)}/model`, { model }),
  aside: (task: string, question: string) => post<AsideView>(`${at(task)}/asides`, { question }),
  stop: (task: string) => post<TaskView>(`${at(task)}/stop`),
  allow: (task: string, rules: string[]) => post<TaskView>(`${at(task)}/egress`, { rules }),
  changes: (task: string, offset: number) =>
    get<ChangesView>(`${at(task)}/changes?offset=${offset}`),
  diff: (task: string, path: string) => post<DiffView>(`${at(task)}/changes/diff`, { path }),
  apply: (task: string, body: ApplyBody) => post<TaskView>(`${at(task)}/apply`, body),
  undo: (task: string) => post<TaskView>(`${at(task)}/undo`),
  log: (task: string, after: number) => get<LogEntry[]>(`${at(task)}/log?after=${after}`),
  fileUrl: (task: string, path: string, side: FileSide) =>
    `${at(task)}/file?side=${side}&path=${encodeURIComponent(path)}`,
  seenUrl: (task: string, call: number) => `${at(task)}/seen?call=${call}`,
  pageUrl: (task: string, path: string, side: FileSide, number: number) =>
    `${at(task)}/page?side=${side}&number=${number}&path=${encodeURIComponent(path)}`,
  look: (task: string, path: string, side: FileSide) =>
    get<LookView>(`${at(task)}/look?side=${side}&path=${encodeURIComponent(path)}`),
  machine: (task: string) => get<ItsMachineView>(`${at(task)}/machine`),
  text: (task: string, path: string, side: FileSide) => text(tasks.fileUrl(task, path, side)),
  provenance: (task: string, path: string) =>
    get<Provenance>(`${at(task)}/provenance?path=${encodeURIComponent(path)}`),
  open: (task: string, path: string) => post<void>(`${at(task)}/open`, { path }),
};

export const folders = (path: string | null) =>
  get<FoldersView>(path === null ? '/v1/folders' : `/v1/folders?path=${encodeURIComponent(path)}`);
export const offers = () => get<OffersView>('/v1/offers');
export const forget = () => post<void>('/v1/window/forget');
