/* What the parts of the load generator share; main.c says what it is for. */
#pragma once
#include <netdb.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define SERVER_PROCESSES_MAX 64
/* Queries in the air on one socket at the most; IDs run through as many values before one comes again. */
#define ID_SPAN 4096
#define WINDOW_MAX (ID_SPAN / 4)
#define SOCKETS_MAX 64
#define QUERY_OCTETS_MAX 512
#define HEADER_OCTETS 12
/* Answers that are out for longer than this are lost. */
#define LOST_AFTER_NS 500000000ull

/* Queries ready to be sent, but for their ID, in the order in which they are sent. */
struct questions {
  uint32_t count;
  uint32_t next;
  uint32_t *at;     /* count + 1 offsets into octets */
  uint8_t *octets;
  uint32_t opt_octets; /* at the end of each query, after its question */
};

/* Latencies in a histogram of 64 steps for each doubling: 1.6 % at the most is lost of each. */
#define STEPS 64
#define BUCKETS (STEPS * 40)

struct tally {
  double seconds;     /* over which answers were counted */
  double cpu_seconds; /* that the server's processes ran in that time */
  uint64_t sent;
  uint64_t answered; /* right ones */
  uint64_t lost;
  uint64_t wrong;    /* another rcode or number of answers than was expected, or truncated */
  uint64_t strays;   /* no query is out with this ID, or it asked something else */
  uint64_t skipped;  /* queries of a fixed rate whose time passed while the generator could not run */
  uint64_t closed;   /* connections the server ended */
  uint64_t latencies[BUCKETS];
};

struct options {
  struct addrinfo *server;
  struct questions *questions;
  double seconds;
  double rate; /* queries a second; 0: as many as the windows let out */
  int sockets;
  int window;  /* queries out on each socket */
  int answers; /* records the answer section must have */
};

/* A query that is out. */
struct flight {
  uint64_t sent_ns;
  uint32_t question;
  uint32_t out;
};

/* Queries of one socket or connection. */
struct flights {
  struct flight of[ID_SPAN];
  uint32_t next_id;
  int out;
};

uint64_t now_ns(void);
/* Processor time of the server's processes so far, their threads that have ended included; 0: none were named. */
double server_cpu_seconds(void);
_Noreturn void die(const char *what);

/*
 * Reads names, one a line, and makes queries of type A of them, in order. With a list of IPv4 networks, one a line, each has the
 * client subnet of the next one: both lists begin again when they end.
 */
struct questions *read_questions(const char *path, int edns, int aaaa, const char *subnets_path);

/* Writes the next query, with the next ID, to `into`, and notes the time; returns its octets. */
size_t depart(struct flights *flights, struct questions *questions, struct tally *tally, uint8_t *into);
/* Takes in what came back at a time, and finds the query it answers. */
void arrive(struct flights *flights, const struct options *options, struct tally *tally, const uint8_t *message,
            size_t octets, uint64_t at_ns);
/* Gives up whatever is out. */
void give_up(struct flights *flights, struct tally *tally);

void record(struct tally *tally, uint64_t ns);
double quantile_us(const struct tally *tally, double q);

void run_udp(const struct options *options, struct tally *tally);
void run_tcp(const struct options *options, struct tally *tally);
