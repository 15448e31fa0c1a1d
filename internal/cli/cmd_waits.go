package cli

import (
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

func waitCommands() []command {
	return []command{{
		names: []string{"waits"}, group: groups[1],
		short: "Tell what the goroutine waits for.",
		usage: []string{"waits [<goroutine>]", "[goroutine <n>] waits", "goroutines -exec waits"},
		long: "Names the channels, locks, connections, timers and contexts behind the calls that wait, as the goroutine's own\n" +
			"code writes them where that can be told; of a select each of its cases; of a lock who holds it, as locks knows.",
		run: (*call).waits,
	}, {
		names: []string{"locks"}, group: groups[1],
		short: "List the locks, who holds them and who waits.",
		usage: []string{"locks [-a]"},
		long: "A goroutine probably holds a sync.Mutex or sync.RWMutex when the call that unlocks it is deferred and pending,\n" +
			"and the lock is locked; what is unlocked otherwise has no holder here. That is evidence, no proof: a function may\n" +
			"unlock for a while and lock again. Where the source shows that, or in sync.Cond.Wait, or if it waits for the lock\n" +
			"on the same line or below, it does not count; nor where more goroutines would hold a lock than can. Only of a\n" +
			"sync.Once, whose own code locks, it is sure who holds it.\n" +
			"Only the locks that somebody waits for, unless -a is given. Circles of goroutines that wait for each other are\n" +
			"named, and who waits for what it holds itself: possible deadlocks, unless it is sure who holds each lock.",
		run: (*call).locks,
	}}
}

func (c *call) waits() error {
	g, err := c.goroutine()
	if c.args != "" {
		g, err = c.goroutineOf(c.args)
	}
	if err != nil {
		return err
	}
	leaves := c.s.Blocked(g, c.reading)
	if len(leaves) == 0 {
		c.out.printf("\twaits for nothing [%s]\n", goroutineStatus(g))
	}
	for _, l := range leaves {
		c.out.printf("\twaits: %s\n", l)
	}
	return nil
}

// goroutineOf is the one that has a number.
func (c *call) goroutineOf(number string) (dump.Goroutine, error) {
	id, err := parseGoID(number)
	if err != nil {
		return dump.Goroutine{}, err
	}
	g, ok := c.s.Dump().Goroutine(id)
	if !ok {
		_, err = c.s.ScopeAt(id, 0)
	}
	return g, err
}

func (c *call) locks() error {
	all := strings.TrimSpace(c.args) == "-a"
	if !all && c.args != "" {
		return usagef("wrong argument: %q", c.args)
	}
	locks := c.s.Locks(c.reading)
	lines := c.lines()
	shown := 0
	for _, l := range locks {
		if len(l.Waiters) == 0 && !all {
			continue
		}
		if !lines.next() {
			break
		}
		shown++
		c.printLock(l)
	}
	if shown == 0 {
		c.out.printf("(nobody waits for a lock; %d held)\n", len(locks))
	}
	for _, circle := range restore.Deadlocks(locks) {
		title, text, _ := strings.Cut(restore.DeadlockText(circle), ":")
		c.out.printf("%s:%s\n", styled{styleAlarm, title}, text)
	}
	return lines.end()
}

// maxWaiters is how many goroutines are listed of those that hold one lock, and
// of those that wait for it.
const maxWaiters = 20

func (c *call) printLock(l *restore.Lock) {
	c.out.printf("%s %s\n", l.Type, styled{styleName, l.Label()})
	c.printUses(l.Holders, "hold", func(u restore.LockUse) string {
		return u.HeldText() + forReading(u) + " (a deferred Unlock is pending)"
	})
	c.printUses(l.Candidates, "may hold", func(u restore.LockUse) string {
		return "may hold" + forReading(u) + " (a deferred Unlock is pending; not all can)"
	})
	switch {
	case l.Free:
		c.out.printf("\tnobody holds it: it was not locked at the freeze\n")
	case len(l.Holders)+len(l.Candidates) == 0:
		c.out.printf("\tno goroutine is known to hold it\n")
	}
	c.printUses(l.Waiters, "wait", func(u restore.LockUse) string { return "waits" + forReading(u) })
}

// printUses lists goroutines with what they do to a lock, the first ones.
func (c *call) printUses(uses []restore.LockUse, verb string, does func(restore.LockUse) string) {
	for i, u := range uses {
		if i == maxWaiters {
			c.out.printf("\t... %d more %s\n", len(uses)-i, verb)
			break
		}
		c.out.printf("\tgoroutine %d %s%s\n", u.Goroutine.ID(), does(u), c.useText(u))
	}
}

func forReading(u restore.LockUse) string {
	if u.Read {
		return " to read"
	}
	return ""
}

// useText tells what a goroutine calls a lock, and where.
func (c *call) useText(u restore.LockUse) string {
	text := ""
	if u.Name != "" {
		text = " as " + u.Name
	}
	if u.Frame.Valid() {
		text += " in " + locationText(u.Frame.Location(), 0)
	}
	return text
}
