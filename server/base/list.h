/* SPDX-License-Identifier: MIT
 *
 * Intrusive doubly linked list, circular with a head. A node that is in no list points to itself,
 * so removing twice is harmless. Owned by whoever holds the head; one thread.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>

struct list {
    struct list *prev, *next;
};

static inline void list_init(struct list *l)
{
    l->prev = l->next = l;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* Walks; the body may remove the current node. */
#define LIST_FOREACH(head, node, after)                                           \
    for (struct list *node = (head)->next, *after = node->next; node != (head);    \
         node = after, after = node->next)

#endif
