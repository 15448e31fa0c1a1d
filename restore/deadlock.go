package restore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// A Step of a deadlock: a goroutine that waits for a lock which the next one holds.
type Step struct {
	Goroutine dump.GoID
	Waits     *Lock
	Name      string // of that lock, as this goroutine's code writes it
	NextName  string // as the next one's does
	Behind    bool   // the next one does not hold it but waits in front, to write
	Sure      bool   // it is so: the next one does not just seem to hold it
}

// Bounds of the search for circles, in a dump that may hold any number of locks.
const (
	maxBlockers = 100     // of one waiter
	maxVisited  = 1000    // goroutines, from one waiter on
	maxCircle   = 100     // of a circle
	maxFollowed = 1 << 21 // ways from a waiter to a blocker, in all
)

// Deadlocks finds the circles of goroutines in which each waits for a lock that
// the next one holds, or seems to; one may wait for itself. A circle of more than 100 is not found.
func Deadlocks(locks []*Lock) [][]Step {
	c := circleSearch{waits: map[dump.GoID][]wanted{}, writers: map[*Lock][]LockUse{}, left: maxFollowed}
	for _, l := range locks {
		for _, w := range l.Waiters {
			id := w.Goroutine.ID()
			c.waits[id] = append(c.waits[id], wanted{l, w})
			if !w.Read && len(c.writers[l]) < maxBlockers {
				c.writers[l] = append(c.writers[l], w)
			}
		}
	}
	var out [][]Step
	told := map[dump.GoID]bool{}
	for _, l := range locks {
		for _, w := range l.Waiters {
			if circle := c.from(w.Goroutine.ID()); len(circle) > 0 && !told[circle[0].Goroutine] {
				for _, st := range circle {
					told[st.Goroutine] = true
				}
				out = append(out, circle)
			}
		}
	}
	return out
}

// wanted is a lock that a goroutine waits for.
type wanted struct {
	lock *Lock
	by   LockUse
}

type circleSearch struct {
	waits   map[dump.GoID][]wanted
	writers map[*Lock][]LockUse // the first of those that wait to write
	left    int
}

// edge leads to a goroutine for which another one waits.
type edge struct {
	to   dump.GoID
	step Step
}

// blockers are the goroutines for which a waiter waits: those that hold the
// lock, and in front of a reader those that wait to write.
func (c *circleSearch) blockers(x wanted) (out []edge) {
	add := func(u LockUse, behind bool) {
		out = append(out, edge{u.Goroutine.ID(), Step{x.by.Goroutine.ID(), x.lock, x.by.Name, u.Name, behind, behind || u.Sure}})
	}
	for _, h := range x.lock.Holders[:min(len(x.lock.Holders), maxBlockers)] {
		if !x.by.Read || !h.Read {
			add(h, false)
		}
	}
	if x.by.Read && len(out) == 0 {
		for _, w := range c.writers[x.lock] {
			add(w, true)
		}
	}
	c.left -= len(out)
	return out
}

// from looks for a way from a goroutine back to itself.
func (c *circleSearch) from(start dump.GoID) []Step {
	var path []Step
	seen := map[dump.GoID]bool{}
	var walk func(at dump.GoID) bool
	walk = func(at dump.GoID) bool {
		if seen[at] || len(path) == maxCircle || len(seen) == maxVisited {
			return false
		}
		seen[at] = true
		for _, x := range c.waits[at] {
			if c.left < 0 {
				return false
			}
			for _, e := range c.blockers(x) {
				path = append(path, e.step)
				if e.to == start || walk(e.to) {
					return true
				}
				path = path[:len(path)-1]
			}
		}
		return false
	}
	if walk(start) {
		return path
	}
	return nil
}

// DeadlockText names a circle: deadlock: goroutine 7 holds a and waits for b;
// goroutine 8 holds b and waits for a. It is a possible one if somebody in it is
// only known to have deferred an Unlock. Each lock has the name that the goroutine
// has for it: what one calls from.mu may be another one's to.mu.
func DeadlockText(circle []Step) string {
	title := "deadlock: "
	if slices.ContainsFunc(circle, func(st Step) bool { return !st.Sure }) {
		title = "possible deadlock: "
	}
	if len(circle) == 1 {
		st := circle[0]
		return title + fmt.Sprintf("goroutine %d %s %s and waits for %s, which is the same lock", st.Goroutine, st.has(), st.Waits.as(st.NextName), st.Waits.as(st.Name))
	}
	var parts []string
	for i, st := range circle {
		before := circle[(i+len(circle)-1)%len(circle)]
		parts = append(parts, fmt.Sprintf("goroutine %d %s %s and waits for %s", st.Goroutine, before.has(), before.Waits.as(before.NextName), st.Waits.as(st.Name)))
	}
	return title + strings.Join(parts, "; ")
}

// has tells what the next goroutine has to do with the lock that a step waits for.
func (st Step) has() string {
	if st.Behind {
		return "waits to write"
	}
	return LockUse{Sure: st.Sure}.HeldText()
}
