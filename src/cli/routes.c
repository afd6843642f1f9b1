/* routes.c: hustings routes and hustings openapi: what the server answers, as its own tables say.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/rooms.h"
#include "cli/settings.h"
#include "cli/version.h"

static int run_routes(Cli *cli)
{
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    Buf b = buf_new(cli->a);
    site_routes(all_rooms, all_room_count, &b);
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

static const Option routes_options[] = {OUTPUT_OPTION, HELP_OPTION};

const CliCommand command_routes = {
    .name = "routes",
    .operands = "",
    .summary = "list every page and write of the server",
    .description = "A line each, with tabs between: method, path, who may, how large a body, how often, title, and which act of the public "
                   "record it is (or why none). Made from the tables that "
                   "the server itself "
                   "reads.",
    .examples = "hustings routes | grep POST  # all that can be changed\n",
    .options = routes_options,
    .option_count = COUNT_OF(routes_options),
    .run = run_routes,
};

static int run_openapi(Cli *cli)
{
    Settings s;
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    int wrong = settings_load(cli, &s);
    if (wrong) return wrong;
    SiteOptions options = {.name = settings_text(&s, SITE_NAME), .base = settings_text(&s, SERVER_BASE), .version = S(HUSTINGS_VERSION)};
    Buf b = buf_new(cli->a);
    view_json(site_openapi(cli->a, all_rooms, all_room_count, &options), &b, true);
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

static const Option openapi_options[] = {CONFIG_OPTION OUTPUT_OPTION, HELP_OPTION};

const CliCommand command_openapi = {
    .name = "openapi",
    .operands = "",
    .summary = "describe the server's API (OpenAPI 3.1, JSON)",
    .description = "Every page is its own API: the same address with .json, or with 'Accept: application/json'. This is its description, "
                   "made from the same "
                   "tables; the server gives it as /openapi.json.",
    .examples = "hustings openapi > hustings-api.json  # for tools that read OpenAPI\n",
    .options = openapi_options,
    .option_count = COUNT_OF(openapi_options),
    .run = run_openapi,
};
