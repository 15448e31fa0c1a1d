package cli

import (
	"strings"

	"github.com/gopostmortem/postmortem/restore"
)

func waitCommands() []command {
	return []command{{
		names: []string{"waits"}, group: groups[1],
		short: "Tell what the goroutine waits for.",
		usage: []string{"[goroutine <n>] waits", "goroutines -exec waits"},
		long: "Names the channels, locks, connections, timers and contexts behind the calls that wait, as the goroutine's own\n" +
			"code writes them where that can be told; of a select each of its cases.",
		run: (*call).waits,
	}, {
		names: []string{"locks"}, group: groups[1],
		short: "List the locks, who holds them and who waits.",
		usage: []string{"locks [-a]"},
		long: "A goroutine is said to hold a sync.Mutex or sync.RWMutex when the call that unlocks it is deferred and pending,\n" +
			"and the lock is locked; what is unlocked otherwise has no holder here. Only the locks that somebody waits for,\n" +
			"unless -a is given. Circles of goroutines that wait for each other are named, and who waits for what it holds itself.",
		run: (*call).locks,
	}}
}

func (c *call) waits() error {
	g, err := c.goroutine()
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
		c.out.printf("%s: %s\n", styled{styleAlarm, "deadlock"}, restore.DeadlockText(circle))
	}
	return lines.end()
}

// maxWaiters is how many goroutines are listed of those that hold one lock, and
// of those that wait for it.
const maxWaiters = 20

func (c *call) printLock(l *restore.Lock) {
	c.out.printf("%s %s\n", l.Type, styled{styleName, l.Label()})
	for i, u := range l.Holders {
		if i == maxWaiters {
			c.out.printf("\t... %d more hold\n", len(l.Holders)-i)
			break
		}
		c.out.printf("\tgoroutine %d holds%s (a deferred Unlock is pending)%s\n", u.Goroutine.ID(), forReading(u), c.useText(u))
	}
	if len(l.Holders) == 0 {
		c.out.printf("\tno goroutine is known to hold it\n")
	}
	for i, u := range l.Waiters {
		if i == maxWaiters {
			c.out.printf("\t... %d more wait\n", len(l.Waiters)-i)
			break
		}
		c.out.printf("\tgoroutine %d waits%s%s\n", u.Goroutine.ID(), forReading(u), c.useText(u))
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
