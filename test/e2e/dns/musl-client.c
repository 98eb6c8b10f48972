/* Looks a name up as programs do, by getaddrinfo, and prints its addresses; the exit code is 1 where there are none. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

int main(int argc, char **argv) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found;
  if (argc != 2) return 2;
  if (getaddrinfo(argv[1], NULL, &hints, &found) != 0) return 1;
  for (struct addrinfo *each = found; each != NULL; each = each->ai_next) {
    char text[INET6_ADDRSTRLEN];
    const void *address = each->ai_family == AF_INET
                              ? (const void *)&((struct sockaddr_in *)each->ai_addr)->sin_addr
                              : (const void *)&((struct sockaddr_in6 *)each->ai_addr)->sin6_addr;
    puts(inet_ntop(each->ai_family, address, text, sizeof text));
  }
}
