/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/date.h"

static const char day_names[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" }; /* 1970 began on a Thursday */
static const char month_names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

enum {
    DAY       = 86400,
    YEARS_4   = 4 * 365 + 1,
    YEARS_100 = 25 * YEARS_4 - 1,
    YEARS_400 = 4 * YEARS_100 + 1,
    TO_1970   = 719468, /* days from 1 March of the year 0 */
    MARCH     = 2,      /* of month_names */
};

struct day {
    unsigned year, month, number; /* month: 0 to 11 */
};

/* Years that begin in March have their leap day at the end, so that a month begins
 * (153 * month + 2) / 5 days after the year. */
static struct day day_of(uint64_t days)
{
    uint64_t from = days + TO_1970;
    uint64_t era = from / YEARS_400, in_era = from % YEARS_400;
    uint64_t year   = (in_era - in_era / (YEARS_4 - 1) + in_era / YEARS_100 - in_era / (YEARS_400 - 1)) / 365;
    uint64_t within = in_era - (365 * year + year / 4 - year / 100);
    uint64_t month  = (5 * within + 2) / 153;
    bool     late   = month >= 12 - MARCH; /* January and February are of the next year */

    return (struct day){ .year   = (unsigned)(era * 400 + year + late),
                         .month  = (unsigned)((month + MARCH) % 12),
                         .number = (unsigned)(within - (153 * month + 2) / 5 + 1) };
}

static void put_two(struct buf *b, char before, unsigned number)
{
    char text[3] = { before, (char)('0' + number / 10 % 10), (char)('0' + number % 10) };

    buf_put(b, (struct slice){ text, sizeof text });
}

/* One in each 200 to REGISTER: without printf. */
void date_write(struct buf *b, uint64_t seconds)
{
    struct day d    = day_of(seconds / DAY);
    unsigned   left = (unsigned)(seconds % DAY);

    buf_put(b, (struct slice){ day_names[seconds / DAY % 7], 3 });
    buf_put_byte(b, ',');
    put_two(b, ' ', d.number);
    buf_put_byte(b, ' ');
    buf_put(b, (struct slice){ month_names[d.month], 3 });
    put_two(b, ' ', d.year / 100);
    buf_put_byte(b, (char)('0' + d.year / 10 % 10));
    buf_put_byte(b, (char)('0' + d.year % 10));
    put_two(b, ' ', left / 3600);
    put_two(b, ':', left / 60 % 60);
    put_two(b, ':', left % 60);
    buf_put(b, SLICE(" GMT"));
}

struct slice date_text(struct date_line *line, uint64_t seconds)
{
    struct buf b = BUF_ON(line->text);

    if (!line->made || line->seconds != seconds)
        date_write(&b, seconds);
    line->made    = true;
    line->seconds = seconds;
    return (struct slice){ line->text, sizeof line->text };
}
