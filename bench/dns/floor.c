/*
 * The floor: what two system calls a batch cost, and nothing else. It reads up to 64 queries with one recvmmsg, sets
 * QR and the count of answers, makes each as long as a real reply would be, and sends them with one sendmmsg. It looks
 * nothing up, so no server that answers from names can be expected to be faster on one core.
 *
 *   floor <answers> <octets an answer takes> <port> <address>...
 *
 * One process for each address, so that each waits in recvmmsg alone. Runs until it is killed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <signal.h>
#include <unistd.h>

#define BATCH 64
#define QUERY_OCTETS_MAX 512
/* No power of two, or the buffers would fight for the same lines of the cache. */
#define REPLY_OCTETS_MAX 1088
#define HEADER_OCTETS 12

static uint8_t buffers[BATCH][REPLY_OCTETS_MAX];
static struct sockaddr_storage clients[BATCH];
static struct iovec parts[BATCH];
static struct mmsghdr messages[BATCH];

static int listen_at(const char *address, const char *port) {
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *found;
  if (getaddrinfo(address, port, &hints, &found) != 0) {
    fprintf(stderr, "floor: %s port %s is no address\n", address, port);
    exit(1);
  }
  int fd = socket(found->ai_family, SOCK_DGRAM, 0);
  int on = 1;
  if (found->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) < 0) {
    perror("floor: bind");
    exit(1);
  }
  freeaddrinfo(found);
  return fd;
}

static void echo(int fd, int answers, size_t more) {
  for (;;) {
    for (int i = 0; i < BATCH; i += 1) {
      parts[i] = (struct iovec){.iov_base = buffers[i], .iov_len = QUERY_OCTETS_MAX};
      messages[i].msg_hdr = (struct msghdr){
          .msg_name = &clients[i], .msg_namelen = sizeof clients[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    if (count < 0) continue; /* such as ECONNREFUSED of a client that has gone */
    for (int i = 0; i < count; i += 1) {
      size_t length = messages[i].msg_len;
      if (length >= HEADER_OCTETS) {
        buffers[i][2] |= 0x80;
        buffers[i][7] = (uint8_t)answers;
      }
      parts[i].iov_len = length + more;
    }
    for (int sent = 0; sent < count;) {
      int now = sendmmsg(fd, messages + sent, (unsigned)(count - sent), 0);
      sent += now > 0 ? now : 1;
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: floor <answers> <octets an answer takes> <port> <address>...\n");
    return 2;
  }
  int answers = atoi(argv[1]);
  size_t more = (size_t)answers * strtoul(argv[2], NULL, 10);
  if (answers < 0 || answers > 255 || QUERY_OCTETS_MAX + more > REPLY_OCTETS_MAX) {
    fprintf(stderr, "floor: a reply would be too long\n");
    return 2;
  }
  for (int i = 5; i < argc; i += 1)
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      echo(listen_at(argv[i], argv[3]), answers, more);
    }
  echo(listen_at(argv[4], argv[3]), answers, more);
}
