/* SPDX-License-Identifier: MIT */
#include "tour.h"

/* Lines as servers write them. The words with ERROR are those that the tour looks for. */
static const char *const everyday[] = {
    "web-1 nginx[811]: INFO 203.0.113.7 \"GET /api/v1/orders?page=3 HTTP/1.1\" 200 4312 \"Mozilla/5.0\" 0.012",
    "web-1 nginx[811]: INFO 198.51.100.23 \"POST /login HTTP/1.1\" 302 0 \"curl/7.88.1\" 0.087",
    "web-2 nginx[640]: INFO 192.0.2.81 \"GET /static/app.9f3c.js HTTP/2.0\" 304 0 \"Mozilla/5.0\" 0.001",
    "web-2 nginx[640]: WARN 192.0.2.81 \"GET /wp-login.php HTTP/1.1\" 404 153 \"-\" 0.000",
    "app-1 orders[2210]: INFO order accepted, customer=48113 items=4 total=129.90 EUR",
    "app-1 orders[2210]: DEBUG cache hit key=price:17:EUR age=12s",
    "app-2 orders[2194]: INFO payment authorised provider=sepa latency=231ms",
    "app-2 orders[2194]: WARN retry 1 of 3: stock service answered 503",
    "db-1 postgres[977]: LOG: checkpoint complete: wrote 812 buffers (5.0%); 0 WAL file(s) added",
    "db-1 postgres[977]: LOG: duration: 1204.118 ms statement: SELECT * FROM orders WHERE state = 'open'",
    "db-1 postgres[31004]: INFO connection authorized: user=orders database=shop application_name=pool",
    "host-3 sshd[30188]: INFO Accepted publickey for deploy from 10.0.4.2 port 51112 ssh2: ED25519",
    "host-3 systemd[1]: INFO Started Daily apt download activities.",
    "host-3 kernel: INFO [81234.551203] TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies.",
    "host-3 cron[733]: INFO (backup) CMD (/usr/local/bin/backup --incremental /srv)",
    "queue-1 worker[4471]: INFO job done kind=invoice.pdf wait=4ms run=812ms",
    "queue-1 worker[4471]: DEBUG heartbeat queue=mail depth=17 in_flight=4",
    "queue-1 worker[4472]: WARN job slow kind=thumbnail run=5120ms limit=5000ms",
};

static const char *const failures[] = {
    "app-1 orders[2210]: ERROR stock service unreachable: connect 10.0.7.14:8443: connection timed out",
    "app-2 orders[2194]: ERROR payment refused provider=card reason=\"insufficient funds\" customer=50231",
    "db-1 postgres[31004]: ERROR: deadlock detected: process 31004 waits for ShareLock on transaction 771204",
    "queue-1 worker[4472]: ERROR job failed kind=mail attempt=3: 550 5.1.1 mailbox unavailable",
    "host-3 kernel: ERROR [81301.117842] EXT4-fs (sdb1): failed to convert unwritten extents: -28",
};

/* A number that looks random, always the same one for the same line (the finalizer of MurmurHash3). */
static uint32_t scatter(uint64_t line)
{
    uint32_t number = (uint32_t)line;
    number = (number ^ number >> 16) * 0x85ebca6bU;
    number = (number ^ number >> 13) * 0xc2b2ae35U;
    return number ^ number >> 16;
}

static char *put_digits(char *text, uint64_t number, unsigned count)
{
    for (unsigned place = count; place > 0; place--) {
        text[place - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return text + count;
}

static char *put_text(char *text, const char *more)
{
    while (*more)
        *text++ = *more++;
    return text;
}

/* One millisecond per line; after a day the clock begins again. */
static char *put_time(char *text, uint64_t milliseconds)
{
    text = put_text(text, "2026-03-14T");
    text = put_digits(text, milliseconds / 3600000 % 24, 2);
    *text++ = ':';
    text = put_digits(text, milliseconds / 60000 % 60, 2);
    *text++ = ':';
    text = put_digits(text, milliseconds / 1000 % 60, 2);
    *text++ = '.';
    text = put_digits(text, milliseconds % 1000, 3);
    return put_text(text, "Z ");
}

size_t log_next(struct log *log, char line[LOG_LINE_SIZE])
{
    uint32_t number = scatter(log->lines + 1);
    uint32_t choice = number / 97;
    bool is_error = number % 97 == 0;
    char *end = put_time(line, log->lines);
    if (is_error)
        end = put_text(end, failures[choice % (sizeof failures / sizeof *failures)]);
    else
        end = put_text(end, everyday[choice % (sizeof everyday / sizeof *everyday)]);
    end = put_text(end, " request=");
    end = put_digits(end, log->lines, 9);
    *end++ = '\n';

    size_t size = (size_t)(end - line);
    log->lines++;
    log->bytes += size;
    if (is_error) {
        log->error_lines++;
        log->error_hash = log_hash(log->error_hash, line, size);
    }
    return size;
}

uint64_t log_hash(uint64_t hash, const char *data, size_t size)
{
    hash = hash ? hash : 0xcbf29ce484222325U;
    for (size_t index = 0; index < size; index++)
        hash = (hash ^ (unsigned char)data[index]) * 0x100000001b3U;
    return hash;
}
