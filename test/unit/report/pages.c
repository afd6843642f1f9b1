/* Every form of every sample is well formed: written to a directory and read by parsers that are not ours (pages.py).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "samples.h"

#include <sys/stat.h>

static void save(Arena *a, const char *directory, const char *name, const char *ending, Str text)
{
    Str path = str_format(a, "%s/%s.%s", directory, name, ending);
    FILE *file = fopen(str_c(a, path), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

static void save_all(Arena *a, const char *directory, const Sample *sample, bool analysed)
{
    Result *r = sample_result(a, sample);
    Analysis *analysis = analysed ? sample_analysis(a, r) : NULL;
    ReportOptions options = sample_options(sample);
    Str name = str_format(a, "%s%s", sample->name, analysed ? "-full" : "");
    Buf b = buf_new(a);
    view_json(report_view(a, r, analysis, &options), &b, true);
    save(a, directory, str_c(a, name), "json", buf_done(&b));
    b = buf_new(a);
    report_html(r, analysis, &options, &b);
    save(a, directory, str_c(a, name), "html", buf_done(&b));
    if (analysed) return;
    b = buf_new(a);
    report_svg(r, &options, &b);
    save(a, directory, str_c(a, name), "svg", buf_done(&b));
    b = buf_new(a);
    report_csv(r, &options, &b);
    save(a, directory, str_c(a, name), "csv", buf_done(&b));
}

static void all_forms_are_well_formed(void **state)
{
    Arena *a = *state;
    char directory[] = "/tmp/hustings-pages-XXXXXX";
    assert_non_null(mkdtemp(directory));
    int count;
    const Sample *all = samples(&count);
    for (int i = 0; i < count; i++) {
        save_all(a, directory, &all[i], false);
        save_all(a, directory, &all[i], true);
    }
    Str command = str_format(a, "python3 '%s' '%s' && rm -r '%s'", PAGES_CHECKER, directory, directory);
    assert_int_equal(system(str_c(a, command)), 0); /* NOLINT(cert-env33-c): a test, and no word of it comes from outside */
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(all_forms_are_well_formed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
