// Made by `cargo xtask types` from the types of `crates/api`. Do not edit.

export type AnswerBody = { question: string; answer: string };

export type AppliedCounts = { applied: number; conflicts: number; skipped: number };

export type ApplyBody = { selection: Selection; despite_checks: boolean };

export type ArchiveBody = { archived: boolean };

export type Aside = { question: string; answer: string; is_answered: boolean; provider: string; model: string; usage: TokenUse; cost_usd_micros: number | null; id?: number | null };

export type AsideBody = { question: string };

export type AsideView = { answer: string; cost_usd_micros: number | null; tokens: TokenUse };

export type Ask = { text: string; why: string; pictures?: Picture[]; choices: Choice[]; suggested: string | null; free: boolean };

export type Became =
  | "applied"
  | "conflict"
  | "left"
  | "undone";

export type BlobRef = { hash: string; size_bytes: number };

export type BlockView =
  | ({ block: "heading" } & { level: number; text: string })
  | ({ block: "lines" } & { text: string })
  | ({ block: "entry" } & { text: string })
  | ({ block: "table" } & { rows: string[][] })
  | { block: "break" };

export type Boundary = { writes: string[]; budget: Budget };

export type BoundaryBody = { writes: string[] | null; budget: Budget | null; revoke: string[] };

export type Brief = { kind: BriefKind; source: string; text: string; is_cut: boolean };

export type BriefKind =
  | "person"
  | "folder"
  | "instructions";

export type Budget = { calls_max: number; work_ms_max: number; turns_max: number; tokens_max: number; cost_usd_micros_max: number };

export type By =
  | "user"
  | "standing"
  | "policy";

export type CellView = { column: number; text: string; formula?: string | null };

export type ChangeCounts = { created: number; modified: number; moved: number; deleted: number; ticks: number; refused: number };

export type ChangeKind =
  | "created"
  | "modified"
  | "moved"
  | "deleted"
  | "mode";

export type ChangeView = { path: string; kind: ChangeKind; from: string | null; size_bytes: number | null; tick: string | null; refused: string | null; outcome: string | null; became: Became | null };

export type ChangesView = { counts: ChangeCounts; changes: ChangeView[]; next: number | null; applied: AppliedCounts | null; stays: StaysView[] };

export type CheckResult = { passed: boolean; evidence: string[] };

export type CheckState =
  | "open"
  | "running"
  | "passed"
  | "failed";

export type CheckView = { id: number; text: string; state: CheckState; evidence: string[] };

export type Choice = { key: string; label: string; picture?: Picture | null };

export type ContentNames = { places?: string[]; links?: number[]; commands?: string[]; is_cut: boolean };

export type CreateBody = { request: string; folders: FolderSpec[]; standing: Standing; playbook: string | null; model?: string | null; machine: MachineWish; egress: string[]; with: string[] };

export type Decided = { key: string; what: DecidedWhat; text: string; answer: string; by: By | null; at: number | null };

export type DecidedWhat =
  | "plan"
  | "question"
  | "egress"
  | "said"
  | "terminal"
  | "applied";

export type Delegate = { request: string; shares: Share[]; budget: Budget; is_cheap: boolean; has_network: boolean };

export type DelegateOf = { parent: string; call: number; depth: number };

export type DelegateUse = { calls: number; turns: number; tokens: TokenUse; cost_usd_micros: number; unpriced: number };

export type DelegateView = { id: string; request: string; asks: string | null; is_over: boolean };

export type Despite = { playbook: string; unheeded: string };

export type DiffBody = { path: string };

export type DiffView =
  | ({ form: "text" } & { unified: string; truncated: boolean })
  | ({ form: "table" } & { cells: TableChange[]; truncated: boolean })
  | ({ form: "binary" } & { before_bytes: number | null; after_bytes: number | null });

export type DoctorFinding = { what: string; state: DoctorState; detail: string; next: string | null };

export type DoctorFix = { id: string; what: string; label: string };

export type DoctorFixBody = { id: string };

export type DoctorState =
  | "good"
  | "warning"
  | "broken";

export type DoctorView = { findings: DoctorFinding[]; fixes: DoctorFix[] };

export type EgressAttempt = { program: string; place: string; purpose: string; rule: string };

export type EgressDecision =
  | "once"
  | "task"
  | "always"
  | "no"
  | "never";

export type EgressGrantBody = { rules: string[] };

export type EgressUse = { program: string; place: string; purpose: string; verdict: EgressVerdict; why: string; sent_bytes: number; received_bytes: number };

export type EgressVerdict =
  | "allowed"
  | "denied"
  | "alarm";

export type EgressWordsBody = { words: string };

export type EgressWordsView = { rules: string[]; notes: string[] };

export type Ending =
  | "finished"
  | "stuck"
  | "stopped"
  | "refused"
  | "broken";

export type ErrorKind =
  | "user"
  | "config"
  | "denied"
  | "unavailable"
  | "bug";

export type Event =
  | ({ event: "task-created" } & { request: string; shares: Share[]; mind: MindRef; standing: Standing; budget: Budget; machine: MachineWish; egress: string[]; layers: string[]; at: number })
  | ({ event: "machine-ready" } & { bases: ShareBase[]; isolation: Isolation; at: number })
  | ({ event: "machine-missed" } & { why: string; at: number })
  | ({ event: "machine-wished" } & { machine: MachineWish; by: By; at: number })
  | ({ event: "egress-granted" } & { rules: string[]; by: By; at: number })
  | ({ event: "egress-asked" } & { ask: number; attempt: EgressAttempt; at: number })
  | ({ event: "egress-answered" } & { ask: number; decision: EgressDecision; by: By; at: number })
  | ({ event: "egress-revoked" } & { rules: string[]; by: By; at: number })
  | ({ event: "egress-used" } & { uses: EgressUse[]; at: number })
  | ({ event: "model-answered" } & { text: string; calls: RequestedCall[]; at: number; turn?: ModelTurn | null })
  | ({ event: "model-failed" } & { fault: Fault; why: string; retry_at: number; usage: TokenUse; cost_usd_micros: number | null; at: number })
  | ({ event: "answer-dropped" } & { said: string; usage: TokenUse; cost_usd_micros: number | null; at: number })
  | ({ event: "sent-back" } & { why: string; at: number })
  | ({ event: "context-shortened" } & { kept_from: number; at: number })
  | ({ event: "noted" } & { call: number; text: string })
  | ({ event: "plan-proposed" } & { call: number; plan: Plan })
  | ({ event: "plan-edited" } & { plan: Plan; by: By })
  | ({ event: "plan-decided" } & { call: number; approved: boolean; by: By })
  | ({ event: "boundary-granted" } & { boundary: Boundary; by: By })
  | ({ event: "writes-set" } & { writes: string[]; by: By; at: number })
  | ({ event: "budget-set" } & { budget: Budget; by: By; at: number })
  | ({ event: "question-asked" } & { call: number; ask: Ask })
  | ({ event: "question-answered" } & { call: number; answer: string; by: By; at: number })
  | ({ event: "content-named" } & { call: number; source: string; names: ContentNames; at: number })
  | ({ event: "call-held" } & { call: number; ask: Ask; follows: Followed | null; at: number })
  | ({ event: "background-lost" } & { calls: number[]; at: number })
  | ({ event: "background-ended" } & { call: number; how: string; unread: string | null; at: number })
  | ({ event: "briefed" } & { briefs: Brief[]; at: number })
  | ({ event: "step-reached" } & { step: number })
  | ({ event: "call-started" } & { call: number; at: number })
  | ({ event: "call-ended" } & { call: number; outcome: Outcome; result: Payload; at: number })
  | ({ event: "check-bound" } & { check: number; tool: string; args: Payload })
  | ({ event: "check-started" } & { check: number; at: number })
  | ({ event: "check-ended" } & { check: number; result: CheckResult; at: number })
  | ({ event: "user-spoke" } & { text: string; at: number })
  | ({ event: "steered" } & { steer: Steer; at: number })
  | ({ event: "became-helper" } & { of: DelegateOf })
  | ({ event: "helper-hired" } & { call: number; helper: Delegate })
  | ({ event: "helper-waits" } & { call: number; asks: string | null; at: number })
  | ({ event: "helper-ended" } & { call: number; used: DelegateUse; at: number })
  | ({ event: "work-ended" } & { ending: Ending; text: string; at: number })
  | ({ event: "changes-found" } & { changes: BlobRef; counts: ChangeCounts; at: number })
  | ({ event: "task-rested" } & { rest: Rest; why: string; at: number })
  | ({ event: "apply-started" } & { apply: number; selection: Selection; by: By; at: number })
  | ({ event: "apply-ended" } & { apply: number; report: BlobRef; counts: AppliedCounts; at: number })
  | ({ event: "undo-started" } & { apply: number; by: By; at: number })
  | ({ event: "undo-ended" } & { apply: number; report: BlobRef; counts: AppliedCounts; at: number })
  | ({ event: "put-away" } & { away: boolean; at: number })
  | ({ event: "undo-failed" } & { apply: number; why: string; at: number });

export type FactView = { name: string; value: string };

export type Fault =
  | "busy"
  | "broken"
  | "offline"
  | "too-long"
  | "final";

export type FileAsked = { path: string; side: FileSide };

export type FileSide =
  | "before"
  | "after";

export type FolderLately = { path: string; shown: string; used_at: number; tasks: number; is_there: boolean };

export type FolderMemoryBody = { folder: string; text: string; before: string };

export type FolderMemoryView = { folder: string; shown: string; text: string; problem: UserError | null };

export type FolderSpec = { path: string; access: ShareAccess };

export type FolderView = { path: string; name: string };

export type FoldersView = { path: string; shown: string; parent: string | null; roots: FolderView[]; folders: FolderView[]; files: number; truncated: boolean; refused: string | null };

export type Followed = { lead: string; source: string };

export type FoundIn =
  | "request"
  | "folder"
  | "plan"
  | "result"
  | "file"
  | "story";

export type FreeBody = { task: string | null };

export type ImageBuildBody = { name: string; office: boolean; rust: boolean; small: boolean; packages: string[] };

export type ImageNews =
  | ({ kind: "stage" } & { text: string })
  | ({ kind: "made" } & { image: ImageView })
  | ({ kind: "failed" } & { error: UserError });

export type ImageView = { name: string; made_at: number; size_bytes: number; suite: string; packages: number; is_used: boolean; broken: string | null };

export type Isolation =
  | "jail"
  | "vm"
  | "vm-emulated";

export type Item = { id: number; key: string; first: number; order: number; at: number; what: What };

export type ItemsView = { task: string; seq: number; items: Item[] };

export type ItsMachineView = { machine: MachineView; programs: ProgramView[]; are_more: boolean; untold: string | null };

export type KeysBody = { variables: Record<string, string> };

export type LayerView = { name: string; below: string[]; size_bytes: number; files: number; unusable: string | null };

export type LiveView = { task: string; item: Item };

export type LogEntry = { seq: number; hash: string; event: Event };

export type LookView =
  | ({ form: "sheets" } & { sheets: SheetView[]; truncated: boolean })
  | ({ form: "paper" } & { paper: PaperView })
  | ({ form: "unread" } & { why: string });

export type MachineView = { task: string; request: string; is_running: boolean; isolation: Isolation; folders_bytes: number; system_bytes: number; files: number };

export type MachineWish =
  | "jail"
  | "vm"
  | "auto";

export type ManagedKind =
  | "rule"
  | "proxy"
  | "authority"
  | "machine"
  | "model"
  | "folder"
  | "memory"
  | "phone"
  | "push"
  | "budget";

export type ManagedLine = { what: ManagedKind; text: string; reason: string };

export type MemoryBody = { text: string; before: string };

export type MemoryView = { path: string; text: string };

export type MindFound = { what: string; usable: boolean; note: string };

export type MindRef =
  | ({ kind: "playbook" } & { name: string; source: BlobRef })
  | ({ kind: "model" } & { provider: string; model: string });

export type ModelKeyBody = { provider: string; key: string };

export type ModelKeyRemoveBody = { provider: string };

export type ModelKeyView = { tested: ModelTested | null; problem: UserError | null; models: ModelsView };

export type ModelLine = { provider: string; model: string; whence: string; window: number | null; price: string; is_default: boolean; is_cheap: boolean };

export type ModelTestBody = { name: string };

export type ModelTested = { name: string; said: string; cost_usd_micros: number | null; took_ms: number };

export type ModelTurn = { answer: Payload; provider: string; model: string; usage: TokenUse; cost_usd_micros: number | null; window: number | null };

export type ModelsView = { models: ModelLine[]; providers: ProviderLine[] };

export type NamedBody = { name: string };

export type NowCode =
  | "preparing"
  | "plan-waits"
  | "asks"
  | "helper-asks"
  | "paused"
  | "step"
  | "tool"
  | "thinking"
  | "model-waits"
  | "checking"
  | "listing"
  | "applying"
  | "undoing"
  | "undone"
  | "checks-passed"
  | "checks-failed"
  | "answered"
  | "nothing-proven"
  | "stopped"
  | "plan-refused"
  | "other";

export type NowSaid = { code: NowCode; text?: string; count?: number | null; of?: number | null; since?: number | null; again_at?: number | null };

export type Offer = { name: string; title: string; description: string; example: string; folder: string | null; seen: string | null; files: number | null; problem: string | null; request: string; path: string | null };

export type OffersView = { jobs: Offer[]; minds: MindFound[] };

export type Outcome =
  | "done"
  | "failed"
  | "denied"
  | "interrupted";

export type PageAsked = { path: string; side: FileSide; number: number };

export type PairBody = { code: string; name: string };

export type PaperView = { format: string; title: string | null; facts: FactView[]; blocks: BlockView[]; pages: number; attachments: string[]; truncated: boolean };

export type PathAsked = { path: string };

export type Payload =
  | { "inline": string }
  | { "blob": BlobRef };

export type PhoneLink = { url: string; rows: string[]; fingerprint: string | null; seconds: number };

export type PhoneReach =
  | { state: "off" }
  | ({ state: "open" } & { url: string; is_plain: boolean; fingerprint: string | null })
  | ({ state: "failed" } & { address: string; why: string });

export type PhoneRevokeBody = { phone: string };

export type PhoneView = { id: string; name: string; paired_at: number; seen_at: number; is_idle: boolean };

export type PhonesView = { reach: PhoneReach; suggested: string | null; phones: PhoneView[]; idle_days: number };

export type Picture = { path: string; call: number | null };

export type Plan = { goal: string; steps: Step[]; checks: PlannedCheck[]; boundary: Boundary; estimate: string | null };

export type PlanBody = { edits: PlanEdit[] };

export type PlanDecisionBody = { approved: boolean };

export type PlanEdit =
  | ({ edit: "strike" } & { step: number })
  | ({ edit: "restore" } & { step: number })
  | ({ edit: "move" } & { step: number; index: number })
  | ({ edit: "add" } & { text: string; index: number | null })
  | ({ edit: "reword" } & { step: number; text: string })
  | ({ edit: "lock" } & { step: number })
  | ({ edit: "unlock" } & { step: number })
  | ({ edit: "comment" } & { step: number; text: string });

export type PlanMood =
  | "waiting"
  | "approved"
  | "refused";

export type PlannedCheck = { id: number; key: string; text: string };

export type PresetView = { words: string; rules: string[]; notes: string[] };

export type ProgramView = { id: number; memory_bytes: number; command: string };

export type Provenance = { path: string; mind: string; request: string; writes: Write[]; certain: boolean; readings: Reading[]; rows: RowFrom[]; decisions: Decided[]; truncated: boolean };

export type ProviderLine = { name: string; key_variables: string[]; found_in: string | null; is_kept: boolean };

export type PushBody = { endpoint: string; key: string; auth: string; language: PushLanguage; titles: boolean };

export type PushLanguage =
  | "en"
  | "de";

export type PushPlace = { endpoint: string };

export type PushView = { key: string };

export type QuestionView = Ask & { id: string };

export type Reading = { key: string; call: number; tool: string; path: string; at: number; named: boolean };

export type RequestedCall = { call: number; tool: string; args: Payload; access: ToolAccess | null };

export type Rest =
  | "done"
  | "answered"
  | "needs-you"
  | "failed"
  | "stopped"
  | "refused";

export type RoomView = { tasks_bytes: number; installed_bytes: number; images_bytes: number; templates_bytes: number; layers_bytes: number; state_bytes: number; free_bytes: number };

export type RowFrom = { sheet: string; row: number; path: string; key: string | null };

export type RowView = { number: number; cells: CellView[] };

export type SayBody = { text: string };

export type SearchHit = { task: TaskLine; found_in: FoundIn; excerpt: string };

export type SecretBody = SecretBound & { name: string; value: string };

export type SecretBound = { host: string; port: number; methods: string[]; path: string | null };

export type SecretKept =
  | "file"
  | "keyring";

export type SecretRemoveBody = { name: string };

export type SecretView = SecretBound & { name: string; kept: SecretKept };

export type SeenAsked = { call: number };

export type Selection = { paths: string[]; ticks: string[] };

export type SettingBegins =
  | "now"
  | "next-task"
  | "next-start";

export type SettingBody = { key: string; value: unknown | null };

export type SettingForm =
  | { kind: "text" }
  | { kind: "texts" }
  | { kind: "flag" }
  | ({ kind: "number" } & { least: number; most: number });

export type SettingView = { key: string; form: SettingForm; meaning: string; value: unknown | null; usual: unknown | null; begins: SettingBegins; locked: string | null };

export type SettingsView = { file: string; settings: SettingView[]; managed: ManagedLine[] };

export type Share = { name: string; host: string; access: ShareAccess };

export type ShareAccess =
  | "read"
  | "write";

export type ShareBase = { share: string; manifest: BlobRef; entries: number };

export type SheetView = { name: string; columns: number; rows: RowView[] };

export type SpentView = { turns: number; tokens: TokenUse; cost_usd_micros: number; unpriced_turns: number; cost_usd_micros_max: number };

export type Standing = { approve_plan: boolean; take_suggestions: boolean; apply_if_checked: boolean; unplanned: boolean };

export type StandingBody = { keep: string[]; forget: string[] };

export type StandingView = { file: string; rules: string[]; presets: PresetView[] };

export type Status =
  | "preparing"
  | "working"
  | "waiting"
  | "checking"
  | "paused"
  | "applying"
  | "undoing"
  | "done"
  | "answered"
  | "needs-you"
  | "failed"
  | "stopped"
  | "refused";

export type StaysView = { path: string; why: string };

export type Steer =
  | { act: "paused" }
  | { act: "resumed" }
  | ({ act: "switched" } & { provider: string; model: string })
  | ({ act: "aside-asked" } & { id: number; usage: TokenUse; cost_usd_micros: number | null })
  | ({ act: "aside" } & Aside)
  | { act: "terminal-opened" }
  | { act: "terminal-closed" };

export type Step = { id: number; key: string; text: string; details?: string[]; state: StepState; locked?: boolean; comment?: string };

export type StepState =
  | "planned"
  | "current"
  | "finished"
  | "struck";

export type SwitchBody = { model: string };

export type TableChange = { sheet: string; cell: string; before: string | null; after: string | null; formula: string | null };

export type TaskLine = { id: string; request: string; status: Status; mind: string; created_at: number; now: string; unapplied: boolean; was_applied: boolean; archived: boolean; now_said: NowSaid; steps_done: number; steps: number; parent: string | null; work_ms: number; works_since: number | null; spent?: SpentView | null };

export type TaskView = TaskLine & { shares: Share[]; plan: Plan | null; plan_approved: boolean; plan_waits: boolean; questions: QuestionView[]; checks: CheckView[]; rest: Rest | null; summary: string; changes: ChangeCounts | null; applied: AppliedCounts | null; undoable: boolean; calls: number; machine: MachineWish; isolation: Isolation | null; egress: string[]; layers: string[]; boundary: Boundary | null; budget: Budget; helpers: DelegateView[]; seq: number };

export type TerminalEnd = { code: number | null; why: string };

export type TerminalSize = { columns: number; rows: number };

export type TokenUse = { input: number; cache_read: number; cache_write: number; output: number; is_estimate?: boolean };

export type ToolAccess =
  | "read"
  | "write";

export type UserError = { kind: ErrorKind; code: string; what: string; cause?: string; next?: string[]; despite?: Despite | null };

export type VersionView = { version: string; pid: number; tasks_live: number };

export type What =
  | ({ kind: "created" } & { request: string; mind: string; folders: string[] })
  | ({ kind: "ready" } & { entries: number; isolation: Isolation })
  | ({ kind: "egress" } & { text: string })
  | ({ kind: "said" } & { text: string })
  | ({ kind: "sent-back" } & { text: string })
  | ({ kind: "waits" } & { text: string })
  | ({ kind: "speaking" } & { text: string })
  | ({ kind: "user-said" } & { text: string })
  | ({ kind: "steered" } & { text: string })
  | ({ kind: "helper" } & { call: number; request: string; asks: string | null; is_over: boolean })
  | ({ kind: "aside" } & { question: string; answer: string })
  | ({ kind: "plan" } & { call: number; plan: Plan; state: PlanMood })
  | ({ kind: "question" } & { question: string; ask: Ask; answer: string | null })
  | ({ kind: "step" } & { text: string })
  | ({ kind: "call" } & { call: number; tool: string; subject: string; outcome: Outcome | null; note: string })
  | ({ kind: "check" } & { check: number; text: string; result: CheckResult | null })
  | ({ kind: "summary" } & { text: string })
  | ({ kind: "changes" } & { text: string })
  | ({ kind: "applied" } & { text: string })
  | ({ kind: "rested" } & { rest: Rest; why: string })
  | ({ kind: "progress" } & { call: number; done: number; total: number })
  | ({ kind: "output" } & { call: number; text: string });

export type WindowAsked = { to: string | null };

export type WindowLink = { url: string };

export type Write = { key: string; call: number; tool: string; subject: string; from: string | null; at: number; turn: number; said: string; step: string | null };
