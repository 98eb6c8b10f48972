/* What is asked, what is out, and whether what comes back answers it. */
#include "load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t OPT[] = {0, 0, 41, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0};

/* Writes one query for a name in presentation form, without escapes; returns its octets. */
static size_t encode(uint8_t *out, const char *name, int edns, int aaaa) {
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
  if (!edns) return at;
  out[11] = 1;
  memcpy(out + at, OPT, sizeof OPT);
  return at + sizeof OPT;
}

struct questions *read_questions(const char *path, int edns, int aaaa) {
  FILE *file = fopen(path, "r");
  if (file == NULL) die(path);
  struct questions *all = calloc(1, sizeof *all);
  char line[QUERY_OCTETS_MAX];
  uint32_t octets = 0, room = 0, octet_room = 0;
  all->opt_octets = edns ? sizeof OPT : 0;
  while (fgets(line, sizeof line, file) != NULL) {
    if (all->count + 1 >= room) {
      room = room * 2 + 1024;
      all->at = realloc(all->at, room * sizeof *all->at);
    }
    if (octets + QUERY_OCTETS_MAX > octet_room) {
      octet_room = octet_room * 2 + 64 * QUERY_OCTETS_MAX;
      all->octets = realloc(all->octets, octet_room);
    }
    if (all->at == NULL || all->octets == NULL) die("no memory");
    all->at[all->count] = octets;
    octets += (uint32_t)encode(all->octets + octets, line, edns, aaaa);
    all->count += 1;
    all->at[all->count] = octets;
  }
  fclose(file);
  if (all->count == 0) die("the list of names is empty");
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
