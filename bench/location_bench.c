/* SPDX-License-Identifier: BSD-2-Clause */
/* location_bench - what bindings take and cost in the location, each of an AOR of its own.
 *
 *     location_bench COUNT order|shuffled
 *
 * One line: bytes of resident memory for each, and nanoseconds of CPU to add one (the first tenth and
 * the last), to find one, to refresh one, and for a second's look at what has ended.  The names and texts
 * are those of a phone that registers by UDP and IPv4. */
#include "server/location.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600 * 1000, SECOND = 1000 };

static const struct flow flow = { .transport = TRANSPORT_UDP,
                                  .local     = { { 192, 0, 2, 1 }, 0, 5060, FAMILY_4 },
                                  .remote    = { { 192, 0, 2, 9 }, 0, 5061, FAMILY_4 } };

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* What is resident of memory that is no file's. */
static size_t bytes_in_use(void)
{
    FILE         *f     = fopen("/proc/self/statm", "r");
    unsigned long pages = 0, of_files = 0;

    if (f == NULL || fscanf(f, "%*u %lu %lu", &pages, &of_files) != 2) /* NOLINT(cert-err34-c): the kernel's */
        pages = of_files = 0;
    if (f != NULL)
        fclose(f);
    return (pages - of_files) * (size_t)sysconf(_SC_PAGESIZE);
}

/* Each once, in an order that no cache knows. */
static unsigned *numbers_new(unsigned count, bool shuffled)
{
    unsigned *n    = malloc(count * sizeof *n);
    uint64_t  dice = 1;

    for (unsigned i = 0; n != NULL && i < count; i++)
        n[i] = i;
    for (unsigned i = count; n != NULL && shuffled && i > 1; i--) {
        unsigned other, kept = n[i - 1];

        dice     = dice * 6364136223846793005u + 1442695040888963407u;
        other    = (unsigned)(dice >> 33) % i;
        n[i - 1] = n[other];
        n[other] = kept;
    }
    return n;
}

static struct slice text(struct buf *b, const char *format, unsigned number)
{
    buf_printf(b, format, number);
    return buf_slice(b);
}

static int add(struct location *l, unsigned number)
{
    char                  key[64], contact[64], call_id[64];
    struct buf            k = BUF_ON(key), c = BUF_ON(contact), i = BUF_ON(call_id);
    struct location_guard g;
    struct binding        b = { .contact     = text(&c, "sip:u%08u@192.0.2.9:5061", number),
                                .call_id     = text(&i, "u%08u-a84b4c76e66710@192.0.2.9", number),
                                .user_agent  = SLICE("phone/1.0 (bench)"),
                                .flow        = flow,
                                .q           = 1000,
                                .expires_at  = HOUR + number % HOUR,
                                .lease_until = 2 * HOUR };
    int                   error;

    location_lock(l, text(&k, "sip:u%08u@example.test", number), &g);
    b.row = location_next_row(l);
    error = location_prepare(&g, &b, 1, false);
    if (error == 0)
        location_publish(&g);
    location_unlock(&g);
    return error;
}

static void refresh(struct location *l, unsigned number)
{
    char                  key[64];
    struct buf            k = BUF_ON(key);
    struct location_guard g;

    location_lock(l, text(&k, "sip:u%08u@example.test", number), &g);
    if (g.aor != NULL)
        location_refresh(&g, 0, 2 * HOUR, 2, 2 * HOUR);
    location_unlock(&g);
}

static size_t find(struct rcu *rcu, struct location *l, unsigned number)
{
    char           key[64];
    struct buf     k     = BUF_ON(key);
    struct binding b     = { .row = 0 };
    const char    *found = NULL;

    rcu_enter(rcu);
    {
        const struct aor *a = location_find(l, text(&k, "sip:u%08u@example.test", number));

        if (a != NULL)
            aor_binding(a, 0, &b);
        found = b.contact.ptr;
    }
    rcu_leave(rcu);
    return found != NULL;
}

static void on_expired(void *owner, const struct aor *a, const struct binding *b)
{
    (void)a;
    (void)b;
    ++*(size_t *)owner;
}

static bool fill(struct location *l, const unsigned *numbers, unsigned from, unsigned to, double *ns)
{
    double begin = cpu_ns();

    for (unsigned i = from; i < to; i++)
        if (add(l, numbers[i]) != 0)
            return false;
    *ns = to > from ? (cpu_ns() - begin) / (to - from) : 0;
    return true;
}

static bool measure(struct rcu *rcu, struct location *l, const unsigned *numbers, unsigned count)
{
    size_t before = bytes_in_use(), ended = 0, found = 0, bytes;
    double first, middle, last, begin, look, again, second;

    if (!fill(l, numbers, 0, count / 10, &first) || !fill(l, numbers, count / 10, count - count / 10, &middle) ||
        !fill(l, numbers, count - count / 10, count, &last))
        return false;
    rcu_barrier(rcu);
    bytes = (bytes_in_use() - before) / count;
    begin = cpu_ns();
    for (unsigned i = 0; i < count; i++)
        found += find(rcu, l, numbers[count - 1 - i]);
    look  = (cpu_ns() - begin) / count;
    begin = cpu_ns();
    for (unsigned i = 0; i < count; i++)
        refresh(l, numbers[count - 1 - i]);
    again = (cpu_ns() - begin) / count;
    begin = cpu_ns();
    for (msec now = HOUR; now < HOUR + 10 * SECOND; now += SECOND)
        while (location_expire(l, 0, 1, now, on_expired, &ended))
            ;
    second = (cpu_ns() - begin) / 10;
    printf("%u bytes %zu add-first %.0f add-last %.0f find %.0f refresh %.0f second %.0f\n", count, bytes, first, last,
           look, again, second);
    return found == count && ended == 0;
}

int main(int argc, char **argv)
{
    unsigned             count = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    unsigned            *numbers;
    struct random_seeded seeded;
    struct random        dice = { random_seeded_fill, &seeded };
    struct rcu          *rcu  = rcu_threads_new();
    struct location     *l;
    bool                 good;

    if (count < 10 || rcu == NULL) {
        fprintf(stderr, "location_bench COUNT order|shuffled\n");
        return 2;
    }
    random_seed(&seeded, 1);
    rcu_join(rcu);
    numbers = numbers_new(count, *argv[2] == 's');
    l       = location_new(rcu, &dice, count, 0);
    good    = numbers != NULL && l != NULL && measure(rcu, l, numbers, count);
    rcu_barrier(rcu);
    location_free(l);
    free(numbers);
    rcu_quit(rcu);
    rcu_free(rcu);
    return good ? 0 : 1;
}
