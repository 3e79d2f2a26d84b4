/* SPDX-License-Identifier: MIT */
/* options: see options.h.  Runs in main, before any thread. */
#include "options.h"

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "setting.h"
#include "socketio.h"
#include "stamp.h"

enum { BY_NOBODY, BY_PROFILE, BY_COMMAND_LINE };

#define AT(field) offsetof(struct options, field)

static const struct setting table[] = {
    {"profile", "FILE|NAME", SETTING_TEXT, AT(profile), 0, 0,
     "options from a file, or from one of the profiles that come with the tool"},
    {"url", "URL", SETTING_TEXT, AT(url_text), 0, 0,
     "ws:// or wss:// address; %r in it is the room's number [ws://127.0.0.1:8080/ws]"},
    {"bare", "echo|broadcast|socketio", SETTING_WORD, AT(bare), 0, 0,
     "no Parley: the server returns each text to its sender (echo) or to all"},
    {"tls-ca", "FILE", SETTING_TEXT, AT(tls_ca), 0, 0,
     "wss: trust this certificate or authority [the system's]"},
    {"tls-insecure", NULL, SETTING_FLAG, AT(tls_insecure), 0, 0, "wss: trust anybody"},

    {"clients", "N", SETTING_COUNT, AT(clients), 1, 1 << 24, "connections [100]"},
    {"rooms", "R", SETTING_COUNT, AT(rooms), 1, 1 << 20,
     "rooms; client i joins room i mod R [1]"},
    {"rooms-each", "N", SETTING_COUNT, AT(rooms_each), 1, 256, "rooms a client is in [1]"},
    {"zipf", "EXPONENT", SETTING_NUMBER, AT(zipf), 0, 10,
     "clients choose rooms: the k-th with weight 1/k^EXPONENT [0: in turn]"},
    {"seed", "N", SETTING_COUNT, AT(seed), 0, UINT32_MAX, "of all that is drawn by chance [1]"},
    {"room-prefix", "NAME", SETTING_TEXT, AT(room_prefix), 0, 0,
     "rooms are NAME0, NAME1 ... [load-]"},
    {"publishers", "P", SETTING_COUNT, AT(publishers), 0, 1 << 24,
     "clients that send: the first P [10, or all if fewer]"},
    {"lurkers", "SHARE", SETTING_NUMBER, AT(lurkers), 0, 1,
     "instead: the share of clients that never sends"},

    {"rate", "MSGS_PER_S", SETTING_NUMBER, AT(rate), 0.01, 1e8,
     "open loop: messages a second in total, sent at their times [100]"},
    {"window", "W", SETTING_COUNT, AT(window), 1, 4096,
     "closed loop instead: each publisher keeps W messages outstanding"},
    {"arrivals", "even|poisson", SETTING_WORD, AT(arrivals), 0, 0, "the open loop's times [even]"},
    {"burst", "FACTOR", SETTING_NUMBER, AT(burst), 0, 10000,
     "in a burst the rate is that much higher"},
    {"burst-every", "S", SETTING_NUMBER, AT(burst_every), 0.001, 86400,
     "a burst begins that often [10]"},
    {"burst-for", "S", SETTING_NUMBER, AT(burst_for), 0.001, 86400, "and lasts so long [1]"},
    {"burst-rest", "FACTOR", SETTING_NUMBER, AT(burst_rest), 0, 10000,
     "between bursts the rate is FACTOR times --rate; 0: on and off [1]"},
    {"typing", "PER_S", SETTING_NUMBER, AT(typing), 0, 1e7,
     "typing indicators a second in total, of the publishers [0]"},
    {"size", "BYTES", SETTING_COUNT, AT(size), STAMP_BYTES, 60000,
     "bytes of text a message, with its stamp of 40 bytes [120]"},
    {"replay", "LOGS", SETTING_TEXT, AT(replay), 0, 0,
     "play a chat log, or several (A,B or a directory), one room each"},
    {"speed", "N", SETTING_NUMBER, AT(speed), 0.001, 1e6, "play it N times faster [1]"},

    {"duration", "S", SETTING_NUMBER, AT(duration), 0.1, 86400, "seconds measured [10]"},
    {"warmup", "S", SETTING_NUMBER, AT(warmup), 0, 3600, "seconds of load before that [2]"},
    {"drain", "S", SETTING_NUMBER, AT(drain), 0, 600,
     "seconds to wait at the end for what is still owed [10]"},
    {"idle", NULL, SETTING_FLAG, AT(idle), 0, 0,
     "connect and join, then only hold the connections for --duration"},
    {"ramp", "CONNS_PER_S", SETTING_NUMBER, AT(ramp), 0.1, 1e7,
     "new connections a second [as fast as they are accepted]"},
    {"connect-timeout", "S", SETTING_NUMBER, AT(connect_timeout), 0.1, 600,
     "seconds a client may take to get in [10]"},
    {"reconnect", NULL, SETTING_FLAG, AT(reconnect), 0, 0,
     "come back after a lost connection: resume, and send again what was not acked"},
    {"storm", "SHARE", SETTING_NUMBER, AT(storm), 0, 1,
     "cut that share of the connections at once; all come back"},
    {"storm-at", "S", SETTING_NUMBER, AT(storm_at), 0, 86400, "so late in the measured time [1]"},
    {"storm-every", "S", SETTING_NUMBER, AT(storm_every), 0.1, 86400,
     "and again each S seconds [once]"},
    {"slow", "SHARE", SETTING_NUMBER, AT(slow), 0, 1,
     "the share of clients (the last ones) that reads slowly, as said here:"},
    {"slow-rate", "BYTES_PER_S", SETTING_NUMBER, AT(slow_rate), 1, 1e12, "so fast [2000]"},
    {"slow-pause", "S", SETTING_NUMBER, AT(slow_pause), 0.01, 86400,
     "or: S seconds not at all, then S seconds as the others, in turns"},
    {"bad", "SHARE", SETTING_NUMBER, AT(bad), 0, 1,
     "beside the clients, that share of their number sends malformed frames"},

    {"threads", "T", SETTING_COUNT, AT(threads), 1, 256, "threads, one epoll loop each [1]"},
    {"pin", "CPUS", SETTING_LIST, AT(pin), 0, 1023,
     "pin the threads to these CPUs: 1 or 1,3 or 2-5"},
    {"source-spread", "N", SETTING_COUNT, AT(source_spread), 1, 65000,
     "connect from N addresses 127.0.1.1 ... [one each 8,000 clients on loopback]"},
    {"server-pid", "PIDS", SETTING_LIST, AT(server_pids), 1, INT_MAX,
     "sample CPU and memory of these processes of this machine"},
    {"max-lag", "MS", SETTING_NUMBER, AT(max_lag_ms), 0.01, 1e6,
     "a p99 of its own lag above this makes the client the bottleneck [5]"},

    {"slo", "TERMS", SETTING_TEXT, AT(slo), 0, 0,
     "what must hold, as in 'p99<=50ms,ack_p99<=100ms,lost=0': else exit status 1"},
    {"find-max", "users|rate", SETTING_WORD, AT(find_max), 0, 0,
     "raise them from what is given here until --slo breaks"},
    {"json", "FILE", SETTING_TEXT, AT(json), 0, 0, "write the report as JSON too ('-': to stdout)"},
    {"html", "FILE", SETTING_TEXT, AT(html), 0, 0, "write it as a page with charts too"},
    {"progress", NULL, SETTING_FLAG, AT(progress), 0, 0,
     "a line a second on stderr even when that is no terminal [each 10 s]"},
    {"version", NULL, SETTING_FLAG, AT(version), 0, 0, "print the version"},
    {"help", NULL, SETTING_FLAG, AT(help), 0, 0, "print this"},
};

#define TABLE_SIZE (sizeof(table) / sizeof(*table))

_Static_assert(TABLE_SIZE <= OPTIONS_MAX, "options.given has a place for each row");

static void print_help(FILE *out)
{
    fputs("usage: parley-load [OPTION...]\n"
          "Loads a chat server with many clients and checks that everybody got everything.\n\n",
          out);
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        char left[64];

        snprintf(left, sizeof(left), "--%s %s", table[i].name,
                 table[i].argument ? table[i].argument : "");
        fprintf(out, "  %-24s %s\n", left, table[i].help);
    }
    fputs("\nLatency counts from the intended send time to each receiver.  Ctrl-C ends the load\n"
          "early and still reports.  Exit status: 0 all owed was delivered, 1 a rule or --slo was\n"
          "broken (the report names it), 2 wrong usage, 3 the test could not run.\n",
          out);
}

static const struct setting *find_row(const char *name, size_t len)
{
    for (size_t i = 0; i < TABLE_SIZE; i++)
        if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
            return &table[i];
    return NULL;
}

static unsigned char *given_at(struct options *options, const char *name)
{
    return &options->given[find_row(name, strlen(name)) - table];
}

bool options_given(const struct options *options, const char *name)
{
    return options->given[find_row(name, strlen(name)) - table] != BY_NOBODY;
}

const char *options_bare_name(enum bare_mode mode)
{
    static const char *const names[] = {"", "echo", "broadcast", "socketio"};

    return names[mode];
}

const char *options_show(const struct options *options, unsigned row, char *value, size_t size)
{
    if (row >= TABLE_SIZE)
        return NULL;
    setting_show(&table[row], options, value, size);
    return table[row].name;
}

int options_assign(struct options *options, const char *name, const char *value,
                   const struct option_place *place)
{
    const struct setting *row = find_row(name, strlen(name));

    if (!row || row->at == AT(profile) || row->at == AT(help) || row->at == AT(version)) {
        const char *near = row ? "url" : setting_nearest(table, TABLE_SIZE, name);

        fprintf(place->err, "parley-load: %s:%u: there is no key '%s'; ", place->file, place->line,
                name);
        if (near)
            fprintf(place->err, "did you mean %s?\n", near);
        else
            fputs("they are the options of --help\n", place->err);
        return -1;
    }
    if (options->given[row - table] == BY_PROFILE)
        return setting_complain(place, name, "was said before: once is enough");
    options->given[row - table] = BY_PROFILE;
    return setting_read(row, options, value, place);
}

static int parse_arguments(struct options *options, int argc, char **argv, FILE *err)
{
    const struct option_place place = {NULL, 0, err};

    for (int i = 1; i < argc; i++) {
        const struct setting *row;
        const char *name = argv[i] + 2, *equals;

        if (strncmp(argv[i], "--", 2) != 0) {
            fprintf(err, "parley-load: '%s' is no option; see --help\n", argv[i]);
            return -1;
        }
        equals = strchr(name, '=');
        row = find_row(name, equals ? (size_t)(equals - name) : strlen(name));
        if (!row) {
            const char *near = setting_nearest(table, TABLE_SIZE, name);

            fprintf(err, "parley-load: unknown option '%s'; %s%s%s\n", argv[i],
                    near ? "did you mean --" : "see --help", near ? near : "", near ? "?" : "");
            return -1;
        }
        if (row->kind == SETTING_FLAG ? equals != NULL : !equals && i + 1 == argc)
            return setting_complain(&place, row->name,
                                    equals ? "takes no value" : "wants a value");
        if (setting_read(row, options,
                         row->kind == SETTING_FLAG ? NULL
                         : equals                  ? equals + 1
                                                   : argv[++i],
                         &place) != 0)
            return -1;
        options->given[row - table] = BY_COMMAND_LINE;
    }
    return 0;
}

/* The profile's values first, then the command line's once more above them. */
static int parse_all(struct options *options, int argc, char **argv, FILE *err)
{
    const char *profile;

    if (parse_arguments(options, argc, argv, err) != 0)
        return -1;
    profile = options->profile;
    if (!profile || options->help || options->version)
        return 0;
    memset(options->given, 0, sizeof(options->given));
    if (profile_read(options, profile, err) != 0)
        return -1;
    return parse_arguments(options, argc, argv, err);
}

static const char *check_room_prefix(const char *prefix)
{
    size_t n = strspn(prefix, "abcdefghijklmnopqrstuvwxyz0123456789._:-");

    if (prefix[n] || n > 50 || !isalnum((unsigned char)prefix[0]))
        return "--room-prefix wants [a-z0-9][a-z0-9._:-]*, at most 50 characters";
    return NULL;
}

/* Two ways to say one thing: the command line's goes before the profile's. */
static void settle(struct options *options, const char *a, const char *b)
{
    unsigned char *by_a = given_at(options, a), *by_b = given_at(options, b);

    if (*by_a > *by_b)
        *by_b = BY_NOBODY;
    else if (*by_b > *by_a)
        *by_a = BY_NOBODY;
}

static bool both(const struct options *o, const char *a, const char *b)
{
    return options_given(o, a) && options_given(o, b);
}

struct check {
    bool wrong;
    const char *text;
};

static const char *first_wrong(const struct check *checks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (checks[i].wrong)
            return checks[i].text;
    return NULL;
}

static bool says_sends(const struct options *o)
{
    return options_given(o, "rate") || options_given(o, "window") || options_given(o, "lurkers") ||
           options_given(o, "publishers") || o->replay;
}

static const char *check_people(const struct options *o)
{
    bool fixed = !o->replay && o->zipf <= 0; /* else empty rooms are nobody's mistake */
    const struct check checks[] = {
        {both(o, "publishers", "lurkers"),
         "--publishers and --lurkers exclude each other: both say who sends"},
        {options_given(o, "publishers") && o->publishers > o->clients,
         "--publishers must not exceed --clients"},
        {o->rooms > (uint64_t)o->clients * o->rooms_each && fixed,
         "--rooms must not exceed --clients times --rooms-each: each room needs somebody"},
        {o->rooms_each > o->rooms, "--rooms-each must not exceed --rooms"},
        {o->threads > o->clients && !o->replay, "--threads must not exceed --clients"},
    };

    return first_wrong(checks, sizeof(checks) / sizeof(*checks));
}

static const char *check_load(const struct options *o)
{
    const struct check checks[] = {
        {both(o, "rate", "window"),
         "--rate (open loop) and --window (closed loop) exclude each other"},
        {o->idle && says_sends(o),
         "--idle sends nothing: leave out --rate, --window and --publishers"},
        {o->window && (o->burst > 0 || options_given(o, "arrivals")),
         "--burst and --arrivals belong to the open loop: leave out --window"},
        {o->burst > 0 && o->burst_for > o->burst_every,
         "--burst-for must not exceed --burst-every"},
        {o->slow_pause > 0 && options_given(o, "slow-rate"),
         "--slow-rate and --slow-pause exclude each other"},
        {o->find_max != FIND_NOTHING && !o->slo, "--find-max needs --slo: what must hold?"},
        {o->find_max == FIND_RATE && o->window,
         "--find-max rate raises the rate of the open loop: leave out --window"},
    };

    return first_wrong(checks, sizeof(checks) / sizeof(*checks));
}

static const char *check_replay(const struct options *o)
{
    const struct check checks[] = {
        {o->window || o->idle || options_given(o, "rate") || options_given(o, "rooms") ||
             o->rooms_each > 1 || o->zipf > 0,
         "--replay has the rooms, people and times of its log: leave out --rate, --window, "
         "--rooms, --rooms-each, --zipf and --idle"},
        {o->find_max != FIND_NOTHING, "--find-max cannot raise what --replay plays"},
    };

    return o->replay ? first_wrong(checks, sizeof(checks) / sizeof(*checks)) : NULL;
}

static const char *check_server(const struct options *o)
{
    const struct check checks[] = {
        {o->bare > BARE_ECHO && o->rooms > 1 && !strstr(o->url.path, "%r"),
         "--bare with several rooms needs %r (the room's number) in --url"},
        {o->bare && o->reconnect,
         "--reconnect needs the Parley protocol: a bare server cannot resume"},
        {o->bare && (o->rooms_each > 1 || o->typing > 0 || o->storm > 0 || o->replay || o->bad > 0),
         "--rooms-each, --typing, --storm, --replay and --bad need the Parley protocol"},
        {o->bad > 0 && o->url.tls,
         "--bad wants ws:// in --url: its frames are malformed by hand"},
        {(o->tls_ca || o->tls_insecure) && !o->url.tls,
         "--tls-ca and --tls-insecure want wss:// in --url"},
        {o->tls_ca && o->tls_insecure, "--tls-ca and --tls-insecure exclude each other"},
    };

    return first_wrong(checks, sizeof(checks) / sizeof(*checks));
}

/* What the options say together; NULL when that makes sense. */
static const char *check_together(const struct options *o)
{
    static const char *(*const all[])(const struct options *) = {check_people, check_load,
                                                                 check_replay, check_server};

    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        const char *wrong = all[i](o);

        if (wrong)
            return wrong;
    }
    return check_room_prefix(o->room_prefix);
}

static void set_defaults(struct options *options)
{
    *options = (struct options){
        .url_text = "ws://127.0.0.1:8080/ws",
        .clients = 100,
        .rooms = 1,
        .rooms_each = 1,
        .publishers = OPTIONS_UNSET,
        .threads = 1,
        .size = 120,
        .seed = 1,
        .arrivals = ARRIVALS_EVEN,
        .burst_every = 10,
        .burst_for = 1,
        .burst_rest = 1,
        .storm_at = 1,
        .slow_rate = 2000,
        .speed = 1,
        .duration = 10,
        .warmup = 2,
        .drain = 10,
        .connect_timeout = 10,
        .max_lag_ms = 5,
        .room_prefix = "load-",
    };
}

/* Who sends, and how often, when that was not said. */
static void complete_load(struct options *o)
{
    settle(o, "rate", "window");
    settle(o, "publishers", "lurkers");
    if (!options_given(o, "window"))
        o->window = 0;
    if (!options_given(o, "rate"))
        o->rate = 0;
    if (options_given(o, "lurkers"))
        o->publishers = o->clients - (uint32_t)((double)o->clients * o->lurkers);
    else if (!options_given(o, "publishers"))
        o->publishers = o->idle ? 0 : o->clients < 10 ? o->clients : 10;
    if (!o->window && o->rate <= 0 && o->publishers > 0 && !o->replay)
        o->rate = 100;
}

static void complete(struct options *o)
{
    complete_load(o);
    if (o->replay)
        o->warmup = 0;
    if (o->storm > 0 || o->slow > 0 || o->replay)
        o->reconnect = o->reconnect || o->bare == BARE_NONE;
    if (o->bare == BARE_SOCKETIO && strcmp(o->url.path, "/") == 0)
        memcpy(o->url.path, SOCKETIO_PATH, sizeof(SOCKETIO_PATH));
}

/* A profile may need something that no clone has. */
static bool lacks_need(const struct options *o, FILE *err)
{
    size_t n = o->needs ? strcspn(o->needs, ":") : 0;
    const struct setting *row = o->needs ? find_row(o->needs, n) : NULL;

    if (!o->needs || (row && o->given[row - table] != BY_NOBODY))
        return false;
    fprintf(err, "parley-load: profile %s needs --%.*s:%s\n", o->profile, (int)n, o->needs,
            o->needs + n + 1);
    return true;
}

enum options_result options_parse(struct options *options, int argc, char **argv, FILE *out,
                                  FILE *err)
{
    const char *wrong;
    char why[800];

    set_defaults(options);
    if (parse_all(options, argc, argv, err) != 0)
        return OPTIONS_BAD;
    if (options->help || options->version) {
        if (options->help)
            print_help(out);
        else
            fputs("parley-load " PARLEY_VERSION "\n", out);
        return OPTIONS_DONE;
    }
    if (lacks_need(options, err))
        return OPTIONS_BAD;
    if (upgrade_parse_url(options->url_text, &options->url, why, sizeof(why)) != 0) {
        fprintf(err, "parley-load: --url: %s\n", why);
        return OPTIONS_BAD;
    }
    complete(options);
    wrong = check_together(options);
    if (wrong) {
        fprintf(err, "parley-load: %s\n", wrong);
        return OPTIONS_BAD;
    }
    return OPTIONS_RUN;
}

void options_free(struct options *options)
{
    free(options->profile_text);
    options->profile_text = NULL;
}
