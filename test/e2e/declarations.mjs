// SPDX-License-Identifier: AGPL-3.0-or-later
// declarations.mjs: the counts whose declarations are looked at, and how each is made.
//
// Each is { name, operands, options, status }: the operands and options of `hustings count`, and the exit status it must end with.
import { writeFileSync } from 'node:fs';

const labour = 'examples/labour-2010';
const minneapolis = 'examples/minneapolis-2017-mayor';

// Whatever a name may hold: markup, quotes, entities, a script's address, both directions of writing, a character that
// turns the direction and is never closed, marks that stack, and the longest names there are, of one wide word.
export const hostileNames = [
  '<script>window.hit=1</script>',
  '"><img src=x onerror="window.hit=2">',
  `O'Brien & Sons <b>bold</b> &amp; &#x3C;`,
  'javascript:window.hit=3',
  'شيماء الطيب',
  '\u202eevil gnp.exe',
  'Z\u0310\u0351\u036b\u0343\u036a\u0302\u036balgo e\u0301',
  'W'.repeat(200),
  '日本'.repeat(33) + 'é',
  ']]><!-- --> {{7*7}} ${x} </style></svg>',
];

function quoted(cell) { return `"${String(cell).replaceAll('"', '""')}"`; }

/** The papers of the hostile names, one column a name, each group of equal papers with three preferences. */
export function hostilePapers() {
  const n = hostileNames.length;
  const rows = hostileNames.map((_, i) => {
    const ranks = new Array(n).fill('');
    [0, 3, 7].forEach((step, rank) => { ranks[(i + step) % n] = rank + 1; });
    return [20 + 3 * i, ...ranks].join(',');
  });
  return [
    '# title: A <script>window.hit=4</script> "title" & \u202emore', '# note: <img src=x onerror=window.hit=5> & a note',
    ['count', ...hostileNames].map(quoted).join(','), ...rows, '',
  ].join('\n');
}

/** All declarations; papers that no example holds are written into `directory`. */
export function declarations(directory) {
  const hostile = `${directory}/hostile.csv`, tied = `${directory}/tied.csv`;
  writeFileSync(hostile, hostilePapers());
  writeFileSync(tied, '# title: A tie\n# candidates: Ann; Bob; Cat\ncount,1,2\n2,Ann,\n2,Bob,\n1,Cat,\n');
  return [
    {
      name: 'college',
      operands: [`MPs and MEPs=${labour}/mps-and-meps.csv`, `Members=${labour}/members.csv`, `Affiliates=${labour}/affiliates.csv`],
      options: ['--rules', 'labour-2010'],
    },
    { name: 'MPs', operands: [`${labour}/mps-and-meps.csv`], options: ['--rules', 'av-2011'] },
    { name: 'Glasgow', operands: ['examples/glasgow-2007/anderston-city.blt'], options: ['--rules', 'stv-scottish'] },
    { name: 'Minneapolis', operands: [`${minneapolis}/papers.csv`], options: ['--rules', `${minneapolis}/minneapolis-2013.rules`] },
    { name: 'Debian', operands: ['examples/debian-2010/papers.csv'], options: ['--rules', 'condorcet'] },
    { name: 'AGM', operands: ['examples/agm/papers.csv'], options: ['--rules', 'examples/agm/agm.rules', '--seed', 'agreed before the count'] },
    {
      name: 'referendum',
      operands: ['examples/av-referendum-2011/papers.csv'],
      options: ['--rules', 'yes-no', '--roll', '45684501', '--rejected', 'Rejected=113292'],
    },
    { name: 'open question', operands: [tied], options: ['--rules', 'av-2011'], status: 1 },
    { name: 'lot', operands: [tied], options: ['--rules', 'av-2011', '--seed', 'dice: 3 1 6', '--issued', '9', '--roll', '12'] },
    {
      name: 'hostile',
      operands: [hostile],
      options: ['--rules', 'av-2011', '--seed', '<script>window.hit=6</script>', '--rejected', '<u>by hand</u>=3', '--slate',
        '<i>slate</i>&=javascript:window.hit=3,شيماء الطيب'],
      hostile: true,
    },
  ];
}
