/* present.h: what the pages about a count show, as views.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a published contest, a count of one's own and a count that was kept show the same things, so one place makes them, and the same templates
 *      show them. They are made once, when a contest is published, and stored; a page only adds dates in words and paths.
 * Memory: in the arena given.
 * Every key below is always there (null, "" or [] when there is nothing), since a template looks for what is missing further out.
 *
 * Shapes that recur:
 *   TABLE, CHART, [LINE], [FACT]   as report/report.h has them (report_table, report_chart, report_words, report_facts); TABLE and CHART may be null.
 *                                  A CHART has no style of its own: the rules of class `hst` (report/svg.c, write_style) must be in the style sheet.
 *                                  A row's `share` is drawn without a style attribute: <svg class="meter" viewBox="0 0 100 4"
 *                                  preserveAspectRatio="none" aria-hidden="true"><rect width="{{share}}" height="4"/></svg>
 *   counts                         one entry a count: a contest with several posts has one a post, any other has one with post = "".
 *                                  Each has: post (its name), unopposed, outcome.
 *   anchors                        unique on a page: "stage-3", of a post "post-2-stage-3". A stage has `anchor` (its own), `previous` and `next` (those of its
 *                                  neighbours, or ""), has_lot (`lot` is not empty).
 *
 * contest       title, slug ("" for a count that is not published), date ("2010-09-25" or ""), place, note (the caveat that must stand wherever figures
 *               stand, or ""), outcome ("Ed Miliband is elected."), is_long (it is), elected [names], open (the count is not finished: a question is open),
 *               is_papers (counted from papers) or is_totals (all that is known are the totals of each stage), several_posts, seats,
 *               rules {name, title, source, sha256, text}, seed, program ("hustings 0.1.0"), has_pairs, has_other_rules
 *               Pages add: path ("/contests/labour-2010"), date_words ("25 September 2010"), tabs [name, path, here]
 * overview      facts [FACT], lead [LINE] (yes or no: what the votes were), question [LINE] (when open), post_table TABLE (several posts),
 *               papers TABLE, sections TABLE, slates TABLE,
 *               counts [.., close FACT (how close it was, in short; null: not known), candidates TABLE,
 *                       bars CHART, sankey CHART, chart_absent (why there is neither, or ""), sankey_absent (why there is none, or "")]
 * stages        counts [.., bars CHART, sankey CHART, chart_absent, sankey_absent, all_stages TABLE, several (stages), stages [number, anchor, previous, next, account [LINE], has_lot,
 *               lot [LINE], table TABLE]]
 * pairs         absent ("" or why this is not known), counts [.., pairs TABLE, words [LINE], next TABLE]
 * other_rules   absent, rows [rules (as it was asked for: "omov@Members"), label ("omov, Members only"), title, sha256, first (the contest's own rules),
 *               counted, unknowable, open, elected ("Ed Miliband", or "cannot be known"), answer (the order of all, or why not),
 *               difference (from the first; "" when there is nothing to say), another_result (somebody else is elected),
 *               moves (the difference without the words before it: who stands elsewhere)]
 * close         absent, counts [.., words [LINE], weights TABLE, weighed [LINE]]
 * files         sources [what, where, link (it is a web address)], again [LINE] (the commands that count these files again),
 *               files [name, kind ("papers", "rules", "stages", "manifest", "readme"), kind_words, size (bytes), size_words, sha256, path]
 * count         (papers only) the object of docs/json.md, for programs; no template needs it
 *
 * ---- the pages, and what their templates see ----
 * (Templates are src/contest/pages/NAME.html; besides these names each sees what http/page.h says.)
 *   GET /                                    home         contests [ENTRY], the newest 12; more (there are others); count_path
 *   GET /contests?find=&page=                contests     contests [ENTRY], 50 a page; find (the words looked for, in titles, dates, places and outcomes),
 *                                                         found (on all pages), found_one, page_number, page_count, several_pages,
 *                                                         previous_path, next_path ("" at the ends)
 *       ENTRY: slug, title, date, date_words, place, outcome, open, is_totals, has_note, path
 *   GET /contests/:contest                   overview     contest, overview
 *   GET /contests/:contest/stages            stages       contest, stages, count (csv_path, svg_path are in `contest`)
 *   GET /contests/:contest/head-to-heads     pairs        contest, pairs
 *   GET /contests/:contest/other-rules       other_rules  contest, other_rules
 *   GET /contests/:contest/how-close         close        contest, close
 *   GET /contests/:contest/files             files        contest, files; contest.declaration_path, .csv_path, .svg_path
 *   GET, POST /contests/:contest/unpublish   unpublish    contest {title, path}, form (fields: reason)
 *   GET /count                               count        form (fields: papers (files), text, sections (tick), format, title, rules, own_rules, seats, seed;
 *                                                         same and want are for the forms of `result`), presets [name, title]
 *   GET /count/formats                       formats      presets [name, title]
 *   POST /count                              result       contest, overview, stages, pairs, other_rules, close, count;
 *                                                         again: to send the same papers once more, null when they are too large:
 *                                                           fields [name, value] (hidden), wants [value, label] (a button each, name="want": downloads),
 *                                                           rules [value, label, here] (for a select, name="other_rules": the same papers under them)
 *                                                         keep: to keep the count, null when it is too large: path ("/kept"), days (30); the same fields
 *   GET /kept/:kept                          kept         contest, overview, stages, pairs, other_rules, close;
 *                                                         made_words, expires_words, own_path; text_path (the papers and rules, as they were sent)
 *   GET, POST /kept/:kept/delete             kept_delete  contest {title, path}, form (fields: word, which was shown once)
 */
#ifndef HUSTINGS_CONTEST_PRESENT_H
#define HUSTINGS_CONTEST_PRESENT_H

#include "core/view.h"
#include "report/compare.h"
#include "report/report.h"

/* What is shown besides the count. */
typedef struct Presentation {
    Str slug, title, date, place;
    bool totals; /* there are no papers, only totals of stages */
    Str seed;
    const Compared *compared; /* or NULL: not asked for */
} Presentation;

/* An object with the keys from `contest` to `close`, and `count`. `analysis` NULL only with totals. */
View *present_count(Arena *a, const Presentation *about, const Result *result, const Analysis *analysis, const ReportOptions *options);

#endif
