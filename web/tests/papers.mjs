// Documents of many kinds, made byte by byte, and a playbook that changes them: what the viewers show.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});
const crc32 = (bytes) =>
  ~bytes.reduce((sum, byte) => TABLE[(sum ^ byte) & 255] ^ (sum >>> 8), ~0) >>> 0;

/** A zip whose entries are stored as they are. */
export function zip(entries) {
  const [parts, heads] = [[], []];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const [title, body] = [Buffer.from(name), Buffer.from(text)];
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt32LE(crc32(body), 10);
    head.writeUInt32LE(body.length, 14);
    head.writeUInt32LE(body.length, 18);
    head.writeUInt16LE(title.length, 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), head, title, body);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    heads.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head, tail, title);
    offset += 30 + title.length + body.length;
  }
  const size = Buffer.concat(heads).length;
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(Object.keys(entries).length, 8);
  end.writeUInt16LE(Object.keys(entries).length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...heads, end]);
}

export function docx(...paragraphs) {
  const shown = (text) => {
    const style = text.startsWith('# ') ? '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>' : '';
    return `<w:p>${style}<w:r><w:t>${text.replace('# ', '')}</w:t></w:r></w:p>`;
  };
  const cell = (text) => `<w:tc>${shown(text)}</w:tc>`;
  const table = `<w:tbl><w:tr>${cell('Rent')}${cell('950')}</w:tr><w:tr>${cell('Power')}${cell('80')}</w:tr></w:tbl>`;
  const body = `<w:document xmlns:w="w"><w:body>${paragraphs.map(shown).join('')}${table}</w:body></w:document>`;
  return zip({ '[Content_Types].xml': '<Types/>', 'word/document.xml': body });
}

export function odt(...paragraphs) {
  const text = paragraphs.map((it) => `<text:p>${it}</text:p>`).join('');
  return zip({
    mimetype: 'application/vnd.oasis.opendocument.text',
    'content.xml': `<o xmlns:text="t"><text:h text:outline-level="1">Title</text:h>${text}</o>`,
  });
}

export function pdf(...pages) {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, index) => `${4 + 2 * index} 0 R`).join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  for (const [index, text] of pages.entries()) {
    const drawn = `BT /F1 24 Tf 72 700 Td (${text}) Tj ET`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${5 + 2 * index} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
      `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
    );
  }
  let file = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const at = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const start = file.length;
  const lines = places.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${lines}`;
  return Buffer.from(`${file}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`);
}

/** A square with a disc of a colour. */
export function png([red, green, blue], radius = 60) {
  const side = 160;
  const rows = Array.from({ length: side }, (_, y) => {
    const row = Buffer.alloc(1 + side * 3, 245);
    row[0] = 0;
    for (let x = 0; x < side; x += 1) {
      if ((x - 80) ** 2 + (y - 80) ** 2 < radius ** 2) row.set([red, green, blue], 1 + x * 3);
    }
    return row;
  });
  const chunk = (name, body) => {
    const named = Buffer.concat([Buffer.from(name), body]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const body = deflateSync(Buffer.concat(rows));
  const parts = [chunk('IHDR', head), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]);
}

export const EVIL_MARKDOWN = `# Notes

<script>parent.postMessage('acted','*')</script>
<img src=x onerror="parent.postMessage('acted','*')">

A [link](javascript:parent.postMessage('acted','*')) and ![a picture](https://example.com/leak.png),
**bold**, *weak* and \`code\`.

- one
- two

| What | Price |
|------|------:|
| Tea  | 4.50  |

> quoted

\`\`\`
<b>not bold</b>
\`\`\`
`;

const sheet = (name, rows) => ({
  name,
  columns: ['What', 'Amount', 'Where'].map((title) => ({ title })),
  rows: rows.map(([what, amount, path]) => [what, { number: amount }, { text: path, link: { file: path } }]),
});
const book = (rent) => ({
  created: '2024-05-01',
  sheets: [
    sheet('Zebra', [['Rent', rent, 'letter.docx'], ['Power', '80', 'mail.eml']]),
    sheet('Apple', [['Tea', '4.50', 'letter.docx']]),
  ],
});

// Whatever lies in `new` takes the place of what is beside it.
const PLAYBOOK = `
def main():
    share = folders[0]["name"]
    book = json.decode(request.split("|")[1])
    tools.list_files(path = share)
    tools.read_document(path = share + "/letter.docx")
    decided = plan("Bring the papers up to date", steps = [{"key": "go", "text": "Bring them up to date", "details": []}], checks = [], writes = [share])
    if not decided["approved"]:
        stuck("not approved")
    step("go")
    tools.write_workbook(path = share + "/budget.xlsx", workbook = book)
    tools.run_command(command = "cp -r new/. . && rm -r new || true", folder = share)
    finish("The papers are up to date.")

main()
`;

export async function papers(world) {
  const folder = join(world.home, 'Papers');
  mkdirSync(join(folder, 'new'), { recursive: true });
  const put = (name, bytes) => writeFileSync(join(folder, name), bytes);
  put('letter.docx', docx('# Dear landlord', 'We pay 900 a month.', 'Yours'));
  put('new/letter.docx', docx('# Dear landlord', 'We pay 950 a month from May.', 'Yours'));
  put('sign.png', png([200, 60, 50]));
  put('new/sign.png', png([40, 110, 90], 45));
  put('code.py', Array.from({ length: 40 }, (_, line) => `line_${line} = ${line}\n`).join(''));
  put('new/code.py', Array.from({ length: 41 }, (_, line) => `line_${line} = ${line === 20 ? 'None' : line}\n`).join(''));
  put('new/report.pdf', pdf('First page of the report', 'Second page of the report'));
  put('new/notes.md', EVIL_MARKDOWN);
  put('new/table.csv', 'Name;Amount\nTea;4.50\nRent;950\n');
  put('new/essay.odt', odt('One paragraph.', 'Another one.'));
  put('new/mail.eml', 'From: Ada <ada@example.com>\nTo: Bob <bob@example.com>\nSubject: Power\nDate: Wed, 1 May 2024 10:00:00 +0000\n\nThe power costs 80.\n');
  put('new/broken.docx', 'PK\x03\x04 this is no document');
  put('new/فاتورة الكهرباء.txt', 'eighty\n');
  put(`new/${'a name without an end '.repeat(9).slice(0, 190)}.txt`, 'long\n');
  const skill = join(world.config, 'skills/bring-papers');
  mkdirSync(skill, { recursive: true });
  const about = 'Brings papers up to date in a folder. Use it to update papers.';
  writeFileSync(join(skill, 'SKILL.md'), `---\nname: bring-papers\ndescription: ${about}\nmetadata:\n  title: Bring papers\n  words: papers\n---\n\n# Papers\n`);
  writeFileSync(join(skill, 'playbook.star'), PLAYBOOK);
  const run = async (rent, ...more) => {
    const request = `Bring the papers up to date\n\n|${JSON.stringify(book(rent))}`;
    const said = await world.tell('run', request, '--folder', folder, '--playbook', 'bring-papers', '--yes', ...more);
    return { said, task: JSON.parse(await world.legwork('list', '--json'))[0].id };
  };
  return { folder, run };
}
