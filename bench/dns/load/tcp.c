/*
 * Load over TCP: on each connection a window of queries is out, answered in whatever order; with a rate, queries go out
 * at their times as far as the windows let them.
 */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LENGTH_OCTETS 2
#define IN_OCTETS (256 * 1024)
#define OUT_OCTETS (WINDOW_MAX * (LENGTH_OCTETS + QUERY_OCTETS_MAX))
/* Connections a server may end before this is no measurement any more. */
#define CLOSED_MAX 1000
/* Queries that may go out at once when a rate is behind. */
#define BURST_MAX 64

struct connection {
  int fd;
  struct flights flights;
  size_t in, out_from, out_to;
  uint64_t heard_ns;
  uint8_t in_octets[IN_OCTETS];
  uint8_t out_octets[OUT_OCTETS];
};

static void open_connection(struct connection *connection, const struct addrinfo *server) {
  int on = 1;
  connection->fd = socket(server->ai_family, SOCK_STREAM, 0);
  if (connection->fd < 0) die("socket");
  if (connect(connection->fd, server->ai_addr, server->ai_addrlen) < 0) die("connect");
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  connection->in = connection->out_from = connection->out_to = 0;
  connection->heard_ns = now_ns();
}

static void reopen(struct connection *connection, const struct options *options, struct tally *tally) {
  close(connection->fd);
  give_up(&connection->flights, tally);
  tally->closed += 1;
  if (tally->closed > CLOSED_MAX) die("the server keeps ending connections");
  open_connection(connection, options->server);
}

/* 0: the connection has ended. */
static int take(struct connection *connection, const struct options *options, struct tally *tally) {
  ssize_t octets = read(connection->fd, connection->in_octets + connection->in, IN_OCTETS - connection->in);
  if (octets <= 0) return octets < 0 && (errno == EAGAIN || errno == EINTR);
  connection->in += (size_t)octets;
  connection->heard_ns = now_ns();
  size_t at = 0;
  while (connection->in - at >= LENGTH_OCTETS) {
    size_t length = (size_t)(connection->in_octets[at] << 8 | connection->in_octets[at + 1]);
    if (connection->in - at < LENGTH_OCTETS + length) break;
    arrive(&connection->flights, options, tally, connection->in_octets + at + LENGTH_OCTETS, length,
           connection->heard_ns);
    at += LENGTH_OCTETS + length;
  }
  connection->in -= at;
  memmove(connection->in_octets, connection->in_octets + at, connection->in);
  return 1;
}

/* Asks no more than `due` queries and takes those it asks off it; 0: the connection has ended. */
static int ask(struct connection *connection, const struct options *options, struct tally *tally, uint64_t *due) {
  if (connection->out_from == connection->out_to) {
    connection->out_from = connection->out_to = 0;
    while (connection->flights.out < options->window && *due > 0) {
      *due -= 1;
      uint8_t *at = connection->out_octets + connection->out_to;
      size_t length = depart(&connection->flights, options->questions, tally, at + LENGTH_OCTETS);
      at[0] = (uint8_t)(length >> 8);
      at[1] = (uint8_t)length;
      connection->out_to += LENGTH_OCTETS + length;
    }
  }
  if (connection->out_from == connection->out_to) return 1;
  ssize_t sent = send(connection->fd, connection->out_octets + connection->out_from,
                      connection->out_to - connection->out_from, MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  connection->out_from += (size_t)sent;
  return 1;
}

void run_tcp(const struct options *options, struct tally *tally) {
  struct connection *connections = calloc((size_t)options->sockets, sizeof *connections);
  if (connections == NULL) die("no memory");
  for (int i = 0; i < options->sockets; i += 1) open_connection(&connections[i], options->server);
  double cpu = server_cpu_seconds();
  uint64_t start = now_ns(), now = start;
  uint64_t end = start + (uint64_t)(options->seconds * 1e9);
  uint64_t scheduled = 0;
  int turn = 0;
  for (; now < end; now = now_ns()) {
    uint64_t due = UINT64_MAX;
    if (options->rate > 0) {
      uint64_t by_now = (uint64_t)((double)(now - start) * options->rate / 1e9);
      /* What is overdue because the generator was not let run is left out, as over UDP. */
      if (by_now > scheduled + BURST_MAX) {
        tally->skipped += by_now - scheduled - BURST_MAX;
        scheduled = by_now - BURST_MAX;
      }
      due = by_now - scheduled;
    }
    uint64_t left = due;
    for (int i = 0; i < options->sockets; i += 1) {
      struct connection *connection = &connections[(turn + i) % options->sockets];
      int is_open = take(connection, options, tally) && ask(connection, options, tally, &left);
      if (connection->flights.out == 0) connection->heard_ns = now;
      if (!is_open || now > connection->heard_ns + 10 * LOST_AFTER_NS) reopen(connection, options, tally);
    }
    /* Of a rate each connection has its turn to be the first. */
    turn = (turn + 1) % options->sockets;
    scheduled += due - left;
  }
  tally->seconds = (double)(now - start) / 1e9;
  tally->cpu_seconds = server_cpu_seconds() - cpu;
  for (int i = 0; i < options->sockets; i += 1) close(connections[i].fd);
  free(connections);
}
