/* Load generator: N websocket viewers of one Socket.IO server who hear some topics, some of whom also send.
 *
 * usage: gen KEY=VALUE ...
 *   port       of the server at 127.0.0.1
 *   viewers    how many connect; each has a cookie and one of several source addresses of its own
 *   topics     names joined by commas, all of which every viewer subscribes to; messages go to the first
 *   rate       messages a second, 0 for none; senders: how many of the viewers take turns to send; pad: bytes more
 *   warm       seconds before the window; window: seconds that are measured
 *   stall      so many viewers more have a receive buffer of 4 KB and read nothing once they are connected
 *   hold       instead of all that: stay connected for so many seconds, and answer pings
 *   watch      instead of all that: note when each viewer hears of removed messages, until so many were heard by all
 *
 * The servers under test take the event `subscribe {topic}` (acknowledged) and `say {topic, text}`, and send the text
 * back to everybody. A text carries @DDDDDDDDDDDDDDDD#NNNNNNNN@: the time in us at which it was due, and its number.
 * Prints "connecting", "ready", "begin" and "end", then one JSON object: every viewer gets every number exactly once,
 * and in their order. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { AT_HTTP, AT_OPEN, AT_CONNECT, AT_JOIN, AT_READY, AT_DEAD };
enum { MARK_SIZE = 27, MAX_MESSAGES = 65536, BUCKETS = 500000, BUCKET_US = 20, CONNECTING = 64 };
enum { MAX_TOPICS = 8, MAX_FRAME = 65535, PER_ADDRESS = 2000, STALL_BUFFER = 4096, MAX_ACTS = 512, ID_SIZE = 36 };
enum { CHUNK = 1 << 20, LARGEST = 1 << 23 };

typedef struct {
    int fd, stage, joined, stalled;
    int64_t newest; /* the topic's number of the last message */
    uint8_t *buffer;
    size_t length, capacity;
    uint8_t *seen; /* one bit for every message number */
} Viewer;

static Viewer *viewers;
static int viewer_count, port, poller, ready, dead, started, measuring;
static uint64_t sent, delivered, delivered_in_window, frames_in_window, doubled, foreign, swapped;
static char *topics[MAX_TOPICS];
static int topic_count, stall_count, pad, watch;
static struct { char id[ID_SIZE + 1]; int heard; int64_t *at; } acts[MAX_ACTS];
static int act_count;
static uint32_t histogram[BUCKETS];

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static double own_cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void die(const char *what) {
    fprintf(stderr, "generator: %s (%s)\n", what, strerror(errno));
    exit(2);
}

static void drop(Viewer *v) {
    if (v->stage == AT_DEAD) return;
    v->stage = AT_DEAD;
    dead++;
    close(v->fd);
}

static void send_text(Viewer *v, const char *text) {
    static uint8_t frame[MAX_FRAME + 8];
    size_t size = strlen(text), head = 2;
    if (size > MAX_FRAME) die("a message is too long");
    frame[0] = 0x81;
    if (size < 126) {
        frame[1] = (uint8_t)(0x80 | size);
    } else {
        frame[1] = 0x80 | 126;
        frame[2] = (uint8_t)(size >> 8);
        frame[3] = (uint8_t)size;
        head = 4;
    }
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    memcpy(frame + head, mask, 4);
    for (size_t i = 0; i < size; i++) frame[head + 4 + i] = (uint8_t)text[i] ^ mask[i & 3];
    if (send(v->fd, frame, head + 4 + size, MSG_NOSIGNAL) != (ssize_t)(head + 4 + size)) drop(v);
}

static int64_t digits(const uint8_t *p, int count) {
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9') return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

static void count_message(Viewer *v, int64_t due, int64_t number, int64_t now) {
    if (number >= MAX_MESSAGES) { foreign++; return; }
    uint8_t bit = (uint8_t)(1 << (number & 7));
    if (v->seen[number >> 3] & bit) { doubled++; return; }
    v->seen[number >> 3] |= bit;
    delivered++;
    if (!measuring) return;
    delivered_in_window++;
    int64_t bucket = (now - due) / BUCKET_US;
    histogram[bucket < 0 ? 0 : bucket >= BUCKETS ? BUCKETS - 1 : bucket]++;
}

/* [seq,"line",{"text":"@... : the topic's numbers grow by one, whoever sent in which order */
static void check_order(Viewer *v, const uint8_t *begin, const uint8_t *mark) {
    static const char between[] = ",\"line\",{\"text\":\"";
    const uint8_t *end = mark - (sizeof between - 1), *p = end;
    if (end <= begin || memcmp(end, between, sizeof between - 1)) { swapped++; return; }
    while (p > begin && p[-1] >= '0' && p[-1] <= '9') p--;
    int64_t seq = digits(p, (int)(end - p));
    if (v->newest >= 0 && seq != v->newest + 1) swapped++;
    v->newest = seq;
}

static void read_messages(Viewer *v, const uint8_t *p, size_t size) {
    const uint8_t *begin = p, *end = p + size;
    int64_t now = now_us();
    while ((p = memchr(p, '@', (size_t)(end - p))) && end - p >= MARK_SIZE) {
        int64_t due = digits(p + 1, 16), number = p[17] == '#' && p[26] == '@' ? digits(p + 18, 8) : -1;
        if (due >= 0 && number >= 0) {
            check_order(v, begin, p);
            count_message(v, due, number, now);
            p += MARK_SIZE;
        } else {
            p++;
        }
    }
}

/* [seq,"removed",{"ids":["<uuid>"... */
static void read_acts(Viewer *v, const uint8_t *p, size_t size) {
    static const char name[] = "\"removed\",{\"ids\":[\"";
    const uint8_t *end = p + size;
    int64_t now = now_us();
    while ((p = memmem(p, (size_t)(end - p), name, sizeof name - 1)) && end - p > (long)sizeof name + ID_SIZE) {
        p += sizeof name - 1;
        int found = 0;
        while (found < act_count && memcmp(acts[found].id, p, ID_SIZE)) found++;
        if (found == MAX_ACTS) return;
        if (found == act_count) {
            memcpy(acts[act_count].id, p, ID_SIZE);
            acts[act_count++].at = calloc((size_t)viewer_count, sizeof(int64_t));
        }
        if (acts[found].at[v - viewers]) { doubled++; continue; }
        acts[found].at[v - viewers] = now;
        acts[found].heard++;
    }
}

static void subscribe(Viewer *v) {
    char text[256];
    snprintf(text, sizeof text, "42%d[\"subscribe\",{\"topic\":\"%s\"}]", v->joined, topics[v->joined]);
    send_text(v, text);
}

static void settle(Viewer *v) {
    v->stage = AT_READY;
    ready++;
    if (v->stalled) epoll_ctl(poller, EPOLL_CTL_DEL, v->fd, NULL);
}

static void on_message(Viewer *v, const uint8_t *p, size_t size) {
    if (size == 1 && p[0] == '2') { send_text(v, "3"); return; }
    switch (v->stage) {
    case AT_OPEN:
        send_text(v, "40");
        v->stage = AT_CONNECT;
        return;
    case AT_CONNECT:
        if (size < 2 || p[0] != '4' || p[1] != '0') { drop(v); return; }
        if (!topic_count) { settle(v); return; }
        subscribe(v);
        v->stage = AT_JOIN;
        return;
    case AT_JOIN:
        if (size < 2 || p[0] != '4' || p[1] != '3') return;
        if (!memmem(p, size, "\"ok\":true", 9)) { drop(v); return; }
        if (++v->joined < topic_count) subscribe(v); else settle(v);
        return;
    default:
        if (measuring) frames_in_window++;
        if (watch) read_acts(v, p, size); else read_messages(v, p, size);
    }
}

static size_t consume(Viewer *v, const uint8_t *data, size_t size) {
    size_t at = 0;
    if (v->stage == AT_HTTP) {
        const uint8_t *end = memmem(data, size, "\r\n\r\n", 4);
        if (!end) return 0;
        if (size < 12 || memcmp(data + 9, "101", 3)) { drop(v); return size; }
        at = (size_t)(end - data) + 4;
        v->stage = AT_OPEN;
    }
    while (size - at >= 2 && v->stage != AT_DEAD && !(v->stalled && v->stage == AT_READY)) {
        const uint8_t *p = data + at;
        uint64_t length = p[1] & 127;
        size_t head = length < 126 ? 2 : length == 126 ? 4 : 10;
        if (size - at < head) break;
        if (head > 2) {
            length = 0;
            for (size_t i = 2; i < head; i++) length = length << 8 | p[i];
        }
        if (size - at < head + length) break;
        int kind = p[0] & 15;
        if (kind == 8) { drop(v); break; }
        if (kind == 1) on_message(v, p + head, length);
        at += head + length;
    }
    return at;
}

static void keep(Viewer *v, const uint8_t *data, size_t size) {
    if (v->capacity < size) {
        v->capacity = size + 4096;
        v->buffer = realloc(v->buffer, v->capacity);
    }
    memmove(v->buffer, data, size);
    v->length = size;
}

static void on_readable(Viewer *v) {
    static uint8_t chunk[LARGEST + CHUNK];
    if (v->stage == AT_DEAD) return;
    if (v->length > LARGEST) die("a frame is too large");
    memcpy(chunk, v->buffer, v->length);
    ssize_t got = recv(v->fd, chunk + v->length, CHUNK, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { drop(v); return; }
    size_t size = v->length + (size_t)got, used = consume(v, chunk, size);
    v->length = 0;
    if (v->stage != AT_DEAD && used < size) keep(v, chunk + used, size - used);
}

/* 127.0.0.2, .3, ...: a port is free for each viewer, and the server counts addresses of their own */
static void bind_source(int fd, int index) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(index / PER_ADDRESS));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) die("can't bind");
}

static void open_viewer(int index) {
    Viewer *v = &viewers[index];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1, small = STALL_BUFFER;
    struct linger hard = {1, 0};
    v->stalled = index >= viewer_count - stall_count;
    v->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (v->fd < 0) die("can't make a socket");
    bind_source(v->fd, index);
    if (v->stalled) setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (connect(v->fd, (struct sockaddr *)&address, sizeof address)) die("can't connect");
    setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fcntl(v->fd, F_SETFL, O_NONBLOCK);
    char request[512];
    int size = snprintf(request, sizeof request,
                        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: viewer=%08d\r\n\r\n", port, index);
    if (send(v->fd, request, (size_t)size, MSG_NOSIGNAL) != size) die("can't send");
    v->newest = -1;
    v->seen = calloc(MAX_MESSAGES / 8, 1);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
    epoll_ctl(poller, EPOLL_CTL_ADD, v->fd, &event);
    started++;
}

static void turn(int milliseconds) {
    static struct epoll_event events[512];
    int count = epoll_wait(poller, events, 512, milliseconds);
    for (int i = 0; i < count; i++) on_readable(&viewers[events[i].data.u32]);
}

static void connect_all(void) {
    int64_t deadline = now_us() + 60000000;
    while (ready + dead < viewer_count && now_us() < deadline) {
        while (started < viewer_count && started - ready - dead < CONNECTING) open_viewer(started);
        turn(20);
    }
    if (ready < viewer_count) {
        fprintf(stderr, "generator: %d of %d viewers are ready\n", ready, viewer_count);
        exit(3);
    }
}

static void say(int senders, int64_t due) {
    static const char *lines[] = {"what a play, did you all see that", "hello from the other side of the world",
                                  "this song again? I love it", "first time here, how long has this been on"};
    Viewer *v = &viewers[sent % (uint64_t)senders];
    static char text[MAX_FRAME];
    int size = snprintf(text, sizeof text, "42[\"say\",{\"topic\":\"%s\",\"text\":\"@%016ld#%08lu@ %s %lu", topics[0],
                        (long)due, (unsigned long)sent, lines[sent % 4], (unsigned long)(sent * 7919 % 10007));
    memset(text + size, 'x', (size_t)pad);
    strcpy(text + size + pad, "\"}]");
    send_text(v, text);
    sent++;
}

static void run_until(int64_t begin, int64_t end, double rate, int senders) {
    for (int64_t now; (now = now_us()) < end;) {
        int64_t due = begin + (int64_t)((double)sent * 1e6 / rate);
        if (due <= now && sent < MAX_MESSAGES) { say(senders, due); continue; }
        int64_t wait = ((due < end ? due : end) - now) / 1000;
        turn(wait > 20 ? 20 : (int)wait);
    }
}

static double percentile(double part) {
    uint64_t wanted = (uint64_t)((double)delivered_in_window * part), seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        if ((seen += histogram[i]) > wanted) return i * BUCKET_US / 1000.0;
    return BUCKETS * BUCKET_US / 1000.0;
}

static void wait_for(uint64_t wanted, double seconds) {
    int64_t deadline = now_us() + (int64_t)(seconds * 1e6);
    while (now_us() < deadline && delivered < wanted) turn(20);
}

static void tell(const char *word) {
    puts(word);
    fflush(stdout);
}

/* until so many acts have come to everybody; then a line of JSON for each: [id, times in us] */
static void report_acts(double seconds) {
    int64_t deadline = now_us() + (int64_t)(seconds * 1e6);
    for (int whole = 0; whole < watch && now_us() < deadline;) {
        turn(20);
        whole = 0;
        for (int i = 0; i < act_count; i++) whole += acts[i].heard == viewer_count;
    }
    tell("end");
    printf("{\"dead\":%d,\"doubled\":%lu,\"acts\":{", dead, (unsigned long)doubled);
    for (int i = 0; i < act_count; i++) {
        printf("%s\"%s\":[", i ? "," : "", acts[i].id);
        for (int j = 0; j < viewer_count; j++) printf("%s%ld", j ? "," : "", (long)acts[i].at[j]);
        printf("]");
    }
    puts("}}");
}

static void report(uint64_t wanted, double seconds, double load) {
    printf("{\"sent\":%lu,\"delivered\":%lu,\"deliveries\":%lu,\"frames\":%lu,\"seconds\":%.3f,\"generator_load\":%.3f,\"lost\":%ld,"
           "\"doubled\":%lu,\"swapped\":%lu,\"foreign\":%lu,\"dead\":%d,\"p50_ms\":%.2f,\"p99_ms\":%.2f}\n",
           (unsigned long)sent, (unsigned long)delivered, (unsigned long)delivered_in_window, (unsigned long)frames_in_window, seconds, load,
           (long)(wanted - delivered), (unsigned long)doubled, (unsigned long)swapped, (unsigned long)foreign, dead,
           percentile(0.5), percentile(0.99));
}

static void measure(double rate, double warm, double window, int senders) {
    wait_for(UINT64_MAX, 0.5);
    int64_t begin = now_us(), middle = begin + (int64_t)(warm * 1e6), end = middle + (int64_t)(window * 1e6);
    run_until(begin, middle, rate, senders);
    measuring = 1;
    tell("begin");
    double cpu = own_cpu();
    int64_t measured_from = now_us();
    run_until(begin, end, rate, senders);
    double seconds = (double)(now_us() - measured_from) / 1e6, load = (own_cpu() - cpu) / seconds;
    tell("end");
    measuring = 0;
    uint64_t wanted = sent * (uint64_t)(viewer_count - stall_count);
    wait_for(wanted, 8);
    wait_for(UINT64_MAX, 0.3); /* whatever comes now is doubled */
    report(wanted, seconds, load);
}

static const char *value_of(int count, char **words, const char *key, const char *fallback) {
    size_t size = strlen(key);
    for (int i = 1; i < count; i++)
        if (!strncmp(words[i], key, size) && words[i][size] == '=') return words[i] + size + 1;
    return fallback;
}

static double number_of(int count, char **words, const char *key) { return atof(value_of(count, words, key, "0")); }

int main(int count, char **words) {
    port = (int)number_of(count, words, "port");
    stall_count = (int)number_of(count, words, "stall");
    viewer_count = (int)number_of(count, words, "viewers") + stall_count;
    pad = (int)number_of(count, words, "pad");
    watch = (int)number_of(count, words, "watch");
    double rate = number_of(count, words, "rate"), hold = number_of(count, words, "hold");
    if (!port || !viewer_count || pad > MAX_FRAME - 512) die("usage: gen port=PORT viewers=COUNT ...");
    char *rest = strdup(value_of(count, words, "topics", ""));
    for (char *name; topic_count < MAX_TOPICS && (name = strsep(&rest, ","));) if (*name) topics[topic_count++] = name;
    viewers = calloc((size_t)viewer_count, sizeof *viewers);
    poller = epoll_create1(0);
    tell("connecting");
    connect_all();
    tell("ready");
    if (hold > 0) {
        wait_for(UINT64_MAX, hold);
        tell("end");
        report(0, hold, 0);
    } else if (watch) {
        report_acts(number_of(count, words, "window"));
    } else if (rate > 0) {
        measure(rate, number_of(count, words, "warm"), number_of(count, words, "window"),
                (int)number_of(count, words, "senders"));
    }
    return 0;
}
