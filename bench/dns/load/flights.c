/* What is asked, what is out, and whether what comes back answers it. */
#include "load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t OPT[] = {0, 0, 41, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0};
/* EDNS Client Subnet (RFC 7871) of an IPv4 network of 24 bits: code, length, family, bits, scope, and then the network. */
static const uint8_t SUBNET[] = {0, 8, 0, 7, 0, 1, 24, 0};
#define NETWORK_OCTETS 3
#define OPT_OCTETS_MAX (sizeof OPT + sizeof SUBNET + NETWORK_OCTETS)

/* Lines of a file. */
struct lines {
  uint32_t count;
  char (*of)[QUERY_OCTETS_MAX];
};

static struct lines read_lines(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) die(path);
  struct lines lines = {0};
  uint32_t room = 1024;
  lines.of = malloc(room * sizeof *lines.of);
  while (lines.of != NULL && fgets(lines.of[lines.count], QUERY_OCTETS_MAX, file) != NULL) {
    lines.count += 1;
    if (lines.count < room) continue;
    room *= 2;
    lines.of = realloc(lines.of, room * sizeof *lines.of);
  }
  if (lines.of == NULL) die("no memory");
  fclose(file);
  if (lines.count == 0) die("a list is empty");
  return lines;
}

/* Writes one query for a name in presentation form, without escapes, and its OPT record; returns its octets. */
static size_t encode(uint8_t *out, const char *name, int aaaa, const uint8_t *opt, size_t opt_octets) {
  static const uint8_t header[HEADER_OCTETS] = {0, 0, 0, 0, 0, 1};
  size_t at = HEADER_OCTETS;
  memcpy(out, header, sizeof header);
  while (*name != 0 && *name != '\n') {
    size_t label = strcspn(name, ".\n");
    if (label == 0 || label > 63 || at + label > 255) die("a name in the list is no name");
    out[at] = (uint8_t)label;
    memcpy(out + at + 1, name, label);
    at += 1 + label;
    name += label + (name[label] == '.');
  }
  out[at] = 0;
  const uint8_t type_and_class[] = {0, aaaa ? 28 : 1, 0, 1};
  memcpy(out + at + 1, type_and_class, sizeof type_and_class);
  at += 1 + sizeof type_and_class;
  out[11] = opt_octets == 0 ? 0 : 1;
  memcpy(out + at, opt, opt_octets);
  return at + opt_octets;
}

/* Writes an OPT record with the subnet of a line; returns its octets. */
static size_t encode_subnet(uint8_t *out, const char *line) {
  unsigned octets[NETWORK_OCTETS];
  if (sscanf(line, "%u.%u.%u", &octets[0], &octets[1], &octets[2]) != NETWORK_OCTETS)
    die("a network in the list is no network");
  memcpy(out, OPT, sizeof OPT);
  out[sizeof OPT - 1] = sizeof SUBNET + NETWORK_OCTETS;
  memcpy(out + sizeof OPT, SUBNET, sizeof SUBNET);
  for (int i = 0; i < NETWORK_OCTETS; i += 1) out[sizeof OPT + sizeof SUBNET + i] = (uint8_t)octets[i];
  return OPT_OCTETS_MAX;
}

struct questions *read_questions(const char *path, int edns, int aaaa, const char *subnets_path) {
  struct lines names = read_lines(path), subnets = {0};
  if (subnets_path != NULL) subnets = read_lines(subnets_path);
  struct questions *all = calloc(1, sizeof *all);
  if (all == NULL) die("no memory");
  all->count = names.count > subnets.count ? names.count : subnets.count;
  all->at = malloc((all->count + 1) * sizeof *all->at);
  all->octets = malloc((size_t)all->count * QUERY_OCTETS_MAX);
  if (all->at == NULL || all->octets == NULL) die("no memory");
  uint8_t opt[OPT_OCTETS_MAX];
  memcpy(opt, OPT, sizeof OPT);
  all->opt_octets = edns ? sizeof OPT : 0;
  uint32_t octets = 0;
  for (uint32_t i = 0; i < all->count; i += 1) {
    all->at[i] = octets;
    if (subnets.count > 0) all->opt_octets = (uint32_t)encode_subnet(opt, subnets.of[i % subnets.count]);
    octets += (uint32_t)encode(all->octets + octets, names.of[i % names.count], aaaa, opt, all->opt_octets);
  }
  all->at[all->count] = octets;
  free(names.of);
  free(subnets.of);
  return all;
}

size_t depart(struct flights *flights, struct questions *questions, struct tally *tally, uint8_t *into) {
  uint32_t id = flights->next_id++ % ID_SPAN;
  struct flight *flight = &flights->of[id];
  uint32_t question = questions->next;
  questions->next = question + 1 == questions->count ? 0 : question + 1;
  if (flight->out) { /* of ID_SPAN queries ago */
    tally->lost += 1;
    flights->out -= 1;
  }
  *flight = (struct flight){.question = question, .out = 1, .sent_ns = now_ns()};
  flights->out += 1;
  tally->sent += 1;
  size_t octets = questions->at[question + 1] - questions->at[question];
  memcpy(into, questions->octets + questions->at[question], octets);
  into[0] = (uint8_t)(id >> 8);
  into[1] = (uint8_t)id;
  return octets;
}

void arrive(struct flights *flights, const struct options *options, struct tally *tally, const uint8_t *message,
            size_t octets, uint64_t at_ns) {
  const struct questions *questions = options->questions;
  uint32_t id = octets < HEADER_OCTETS ? ID_SPAN : (uint32_t)(message[0] << 8 | message[1]);
  if (id >= ID_SPAN || !flights->of[id].out) {
    tally->strays += 1;
    return;
  }
  struct flight *flight = &flights->of[id];
  const uint8_t *asked = questions->octets + questions->at[flight->question];
  size_t question = questions->at[flight->question + 1] - questions->at[flight->question] - questions->opt_octets;
  int is_its = octets >= question && (message[2] & 0x80) != 0 &&
               memcmp(message + HEADER_OCTETS, asked + HEADER_OCTETS, question - HEADER_OCTETS) == 0;
  if (!is_its) {
    tally->strays += 1;
    return;
  }
  flight->out = 0;
  flights->out -= 1;
  int is_right = (message[3] & 0x0f) == 0 && (message[2] & 0x02) == 0 &&
                 (message[6] << 8 | message[7]) == options->answers;
  if (is_right) {
    tally->answered += 1;
    record(tally, at_ns - flight->sent_ns);
  } else
    tally->wrong += 1;
}

void give_up(struct flights *flights, struct tally *tally) {
  tally->lost += (uint64_t)flights->out;
  flights->out = 0;
  for (int id = 0; id < ID_SPAN; id += 1) flights->of[id].out = 0;
}
