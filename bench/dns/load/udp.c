/*
 * Load over UDP. The generator never waits: it looks at every socket in turn, so that a server never pays for waking
 * it, and sends anew as answers come. With a rate, queries go out one by one at their times instead.
 */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 64
/* No powers of two, or the buffers would fight for the same lines of the cache. */
#define REPLY_OCTETS_MAX 2112
#define QUERY_STRIDE (QUERY_OCTETS_MAX + 64)
#define SOCKET_BUFFER_OCTETS (4 << 20)

struct line {
  int fd;
  uint64_t heard_ns;
  struct flights flights;
};

static uint8_t queries[BATCH][QUERY_STRIDE];
static struct iovec query_parts[BATCH];
static struct mmsghdr query_messages[BATCH];
static uint8_t replies[BATCH][REPLY_OCTETS_MAX];
static struct iovec reply_parts[BATCH];
static struct mmsghdr reply_messages[BATCH];

static void prepare(void) {
  for (int i = 0; i < BATCH; i += 1) {
    query_parts[i].iov_base = queries[i];
    query_messages[i].msg_hdr = (struct msghdr){.msg_iov = &query_parts[i], .msg_iovlen = 1};
    reply_parts[i] = (struct iovec){.iov_base = replies[i], .iov_len = REPLY_OCTETS_MAX};
    reply_messages[i].msg_hdr = (struct msghdr){.msg_iov = &reply_parts[i], .msg_iovlen = 1};
  }
}

static void open_line(struct line *line, const struct addrinfo *server) {
  int octets = SOCKET_BUFFER_OCTETS;
  line->fd = socket(server->ai_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (line->fd < 0) die("socket");
  setsockopt(line->fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
  if (connect(line->fd, server->ai_addr, server->ai_addrlen) < 0) die("connect");
}

static void take(struct line *line, const struct options *options, struct tally *tally) {
  if (line->flights.out == 0) return;
  int count = recvmmsg(line->fd, reply_messages, BATCH, 0, NULL);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) die("recvmmsg");
    return;
  }
  line->heard_ns = now_ns();
  for (int i = 0; i < count; i += 1)
    arrive(&line->flights, options, tally, replies[i], reply_messages[i].msg_len, line->heard_ns);
}

static void ask(struct line *line, const struct options *options, struct tally *tally, int count) {
  if (count > BATCH) count = BATCH;
  for (int i = 0; i < count; i += 1)
    query_parts[i].iov_len = depart(&line->flights, options->questions, tally, queries[i]);
  for (int sent = 0; sent < count;) {
    int now = sendmmsg(line->fd, query_messages + sent, (unsigned)(count - sent), 0);
    if (now < 0 && errno != EAGAIN && errno != EINTR) die("sendmmsg");
    if (now > 0) sent += now;
  }
}

void run_udp(const struct options *options, struct tally *tally) {
  struct line *lines = calloc((size_t)options->sockets, sizeof *lines);
  if (lines == NULL) die("no memory");
  prepare();
  for (int i = 0; i < options->sockets; i += 1) open_line(&lines[i], options->server);
  double cpu = server_cpu_seconds();
  uint64_t start = now_ns(), now = start;
  uint64_t end = start + (uint64_t)(options->seconds * 1e9);
  uint64_t scheduled = 0;
  for (int i = 0; i < options->sockets; i += 1) lines[i].heard_ns = start;

  for (; now < end; now = now_ns()) {
    for (int i = 0; i < options->sockets; i += 1) {
      struct line *line = &lines[i];
      take(line, options, tally);
      if (options->rate > 0) continue;
      if (line->flights.out == 0) line->heard_ns = now;
      if (line->flights.out < options->window) ask(line, options, tally, options->window - line->flights.out);
      else if (now > line->heard_ns + LOST_AFTER_NS) give_up(&line->flights, tally);
    }
    if (options->rate == 0) continue;
    uint64_t due = (uint64_t)((double)(now - start) * options->rate / 1e9);
    /* What is overdue because the generator was not let run is left out: it would hit the server as a burst. */
    if (due > scheduled + BATCH) {
      tally->skipped += due - scheduled - BATCH;
      scheduled = due - BATCH;
    }
    for (; scheduled < due; scheduled += 1) ask(&lines[scheduled % (uint64_t)options->sockets], options, tally, 1);
  }

  tally->seconds = (double)(now - start) / 1e9;
  tally->cpu_seconds = server_cpu_seconds() - cpu;
  uint64_t answered_in_time = tally->answered;
  for (uint64_t last = now + LOST_AFTER_NS; now_ns() < last;) {
    int out = 0;
    for (int i = 0; i < options->sockets; i += 1) {
      take(&lines[i], options, tally);
      out += lines[i].flights.out;
    }
    if (out == 0) break;
  }
  for (int i = 0; i < options->sockets; i += 1) {
    give_up(&lines[i].flights, tally);
    close(lines[i].fd);
  }
  /* With windows the answers after the end are not part of the rate; with a rate all that was asked is. */
  if (options->rate == 0) tally->answered = answered_in_time;
  free(lines);
}
