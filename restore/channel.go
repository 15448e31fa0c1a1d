package restore

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// channel is what is told of a channel to each goroutine that waits for it.
type channel struct {
	detail     string
	send, recv []dump.GoID // in its queues, in order
}

// maxStanding is how many goroutines in queues are remembered: more than there are in any program.
const maxStanding = 1 << 21

// channelAt gives what is known of a channel, that of a value. A hundred
// thousand goroutines may wait for the same.
func (s *Session) channelAt(addr uint64, v dump.Value, r *Reading) *channel {
	if ch := s.channels[addr]; ch != nil {
		return ch
	}
	if r.Unsearched() {
		return &channel{}
	}
	info, _ := v.ChanInfo()
	ch := &channel{detail: channelDetail(info), send: standing(info.Send), recv: standing(info.Recv)}
	n := len(ch.send) + len(ch.recv) + 1
	r.search(n)
	if s.standing += n; s.channels == nil || s.standing > maxStanding {
		s.channels, s.standing = map[uint64]*channel{}, n
	}
	s.channels[addr] = ch
	return ch
}

func standing(queue []dump.Waiter) []dump.GoID {
	var out []dump.GoID
	for _, w := range queue {
		out = append(out, w.Goroutine)
	}
	slices.Sort(out)
	return out
}

// direction tells in which queue of the channel a goroutine stands.
func (ch *channel) direction(id dump.GoID) string {
	if _, ok := slices.BinarySearch(ch.send, id); ok {
		return "send"
	}
	if _, ok := slices.BinarySearch(ch.recv, id); ok {
		return "receive"
	}
	return "case"
}

func channelDetail(info dump.ChanInfo) string {
	parts := []string{fmt.Sprintf("%d/%d", info.Len, info.Cap)}
	if info.Closed {
		parts = append(parts, "closed")
	}
	if info.Timer {
		parts = []string{"timer, " + durationText(info.Fires)}
		if info.Period > 0 {
			parts[0] += ", every " + info.Period.String()
		}
	}
	return strings.Join(parts, ", ")
}

func durationText(left time.Duration) string {
	if left < 0 {
		return "due since " + (-left).Round(time.Millisecond).String()
	}
	return left.Round(time.Millisecond).String() + " left"
}
