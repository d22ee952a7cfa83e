// Ledgers of tasks that never ran: long ones, and many of them, to see and to measure the page with.
const AT = 1_700_000_000_000;
const inline = (value) => ({ inline: JSON.stringify(value) });
const BUDGET = { calls_max: 50_000, work_ms_max: 1e9, turns_max: 1e6, tokens_max: 1e9, cost_usd_micros_max: 1e9 };

function* life(request, turns, steps) {
  let [call, at] = [0, AT];
  const tick = () => (at += 50);
  yield {
    event: 'task-created',
    request,
    shares: [{ name: 'Papers', host: '/home/somebody/Papers', access: 'write' }],
    mind: { kind: 'model', provider: 'house', model: 'small' },
    standing: { approve_plan: false, take_suggestions: false, apply_if_checked: false },
    budget: BUDGET,
    at,
  };
  const blob = { hash: '0'.repeat(64), size_bytes: 2 };
  yield { event: 'machine-ready', bases: [{ share: 'Papers', manifest: blob, entries: 1200 }], at: tick() };
  if (steps > 0) {
    call += 1;
    const plan = {
      goal: 'Bring everything into order',
      steps: Array.from({ length: steps }, (_, index) => ({
        id: index + 1,
        key: `s${index}`,
        text: `Step ${index + 1}: look at the papers of ${2000 + index} and put them where they belong`,
        state: 'planned',
      })),
      checks: [],
      boundary: { writes: ['Papers'], budget: BUDGET },
      estimate: null,
    };
    yield { event: 'model-answered', text: '', calls: [{ call, tool: 'plan', args: inline({}), access: null }], at: tick() };
    yield { event: 'plan-proposed', call, plan };
    if (turns === 0) return;
    yield { event: 'plan-decided', call, approved: true, by: 'user' };
    yield { event: 'boundary-granted', boundary: plan.boundary, by: 'user' };
    yield { event: 'call-ended', call, outcome: 'done', result: inline({}), at: tick() };
  }
  for (let turn = 0; turn < turns; turn += 1) {
    call += 1;
    const path = `Papers/${1990 + (turn % 40)}/letter ${turn}.docx`;
    const text = turn % 2 ? '' : `I read the ${turn}th letter now, and compare it with the one before.`;
    yield { event: 'model-answered', text, calls: [{ call, tool: 'read_document', args: inline({ path }), access: 'read' }], at: tick() };
    yield { event: 'call-started', call, at: tick() };
    const outcome = turn % 97 ? 'done' : 'failed';
    yield { event: 'call-ended', call, outcome, result: inline({ why: 'it is damaged' }), at: tick() };
  }
  yield { event: 'work-ended', ending: 'finished', text: 'All letters are where they belong.', at: tick() };
  yield { event: 'task-rested', rest: 'needs-you', why: 'no check was promised', at: tick() };
}

/** Eight letters, as tasks are named. */
const nameOf = (index) =>
  `b${index.toString(26).padStart(7, '0').replace(/[0-9a-p]/g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 26)))}`;

export const LONG = 'aaaa2222';
/** A long plan that waits. */
export const PLANNED = 'aaaa3333';

/** Lines for the ledger's `fill_bench`: one long task, many short ones, and a long plan that waits. */
export function history({ turns = 3330, tasks = 500, steps = 40 } = {}) {
  const lines = [];
  const put = (task, events) => {
    for (const event of events) lines.push(`${task}\t${JSON.stringify(event)}`);
  };
  put(LONG, life('Put ten years of letters into order', turns, steps));
  put(PLANNED, life('Sort what is in the attic', 0, steps));
  for (let index = 0; index < tasks; index += 1) {
    const request = index % 9 ? `Task number ${index} about the papers of ${1500 + index}` : `رتب الأوراق رقم ${index}`;
    put(nameOf(index), life(request, 1, 0));
  }
  return `${lines.join('\n')}\n`;
}
