package restore

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"github.com/gopostmortem/postmortem/dump"
)

// Leaf is one thing that a goroutine waits for, whatever calls lie between the
// program's code and the wait.
type Leaf struct {
	What   string // chan send, chan receive, sync.Mutex, sync.RWMutex (read), network poll, sleep, system call …
	Name   string // as the goroutine's code writes it: jobs, s.mu; "" unknown
	Type   string // of the object
	Addr   uint64 // of the object, 0 none
	Detail string // state of the object: 2/2, closed; for how much longer
	Frame  dump.Frame
}

// String describes a leaf: chan send on jobs (chan int 2/2, 0xc00001c0e0).
func (l Leaf) String() string {
	var b strings.Builder
	b.WriteString(l.What)
	if l.Name != "" {
		b.WriteString(" " + l.Name)
	}
	var parts []string
	if l.Type != "" && l.Type != l.What {
		parts = append(parts, l.Type)
	}
	if l.Addr != 0 {
		parts = append(parts, fmt.Sprintf("%#x", l.Addr))
	}
	if len(parts) > 0 {
		b.WriteString(" (" + strings.Join(parts, " ") + ")")
	}
	if l.Detail != "" {
		b.WriteString(": " + l.Detail)
	}
	return Printable(b.String())
}

// maxLeaves is how many cases of a select are told.
const maxLeaves = 100

// Blocked lists what a goroutine waits for: nothing if it was running or waited
// for the capture that it had asked for, several for a select. Where the command
// has searched too much already, less is told of them, see [Reading.Unsearched].
func (s *Session) Blocked(g dump.Goroutine, r *Reading) []Leaf {
	if g.Asked() {
		return nil
	}
	var out []Leaf
	waits := g.Waits()
	dones := sync.OnceValue(func() map[uint64]doneChannel { return s.doneChannels(g, r) })
	for i, w := range waits {
		if i == maxLeaves {
			return append(out, Leaf{What: fmt.Sprintf("%d more", len(waits)-i)})
		}
		out = append(out, s.leaf(g, w, r, dones))
	}
	if len(out) > 0 {
		return out
	}
	switch {
	case g.Status() == dump.StatusSyscall:
		return []Leaf{s.systemCall(g, r)}
	case strings.HasPrefix(g.WaitReason(), "sync."):
		return []Leaf{s.syncCall(g, r)}
	case g.Status() == dump.StatusWaiting && g.WaitReason() != "":
		return []Leaf{{What: g.WaitReason()}}
	}
	return nil
}

func (s *Session) leaf(g dump.Goroutine, w dump.Wait, r *Reading, dones func() map[uint64]doneChannel) Leaf {
	switch w.Kind {
	case "semaphore":
		return s.semaphore(g, w, r)
	case "poll":
		return s.polled(g, w, r)
	case "sleep":
		l := Leaf{What: "sleep"}
		if left, ok := w.Until(); ok {
			l.Detail = durationText(left)
		}
		return l
	}
	return s.channel(g, w, r, dones)
}

// channel describes a wait for a channel, or for the context or timer behind it.
func (s *Session) channel(g dump.Goroutine, w dump.Wait, r *Reading, dones func() map[uint64]doneChannel) Leaf {
	l := Leaf{What: w.Kind, Addr: w.Addr}
	v, ok := w.Chan()
	if !ok {
		return l
	}
	l.Type = v.Type().Name()
	ch := s.channelAt(w.Addr, v, r)
	if w.Kind == "select" {
		l.What = "select " + ch.direction(g.ID())
	}
	l.Detail = ch.detail
	if l.Type == "chan struct {}" {
		if done, ok := dones()[w.Addr]; ok {
			l.Name, l.Frame, l.Detail = done.text(), done.frame, ""
			return l
		}
	}
	l.Name, l.Frame = s.name(g, thing{addr: w.Addr}, r)
	return l
}

// doneChannel is the channel that a context's Done gives.
type doneChannel struct {
	name  string // of the variable
	link  ContextLink
	frame dump.Frame
}

func (c doneChannel) text() string {
	text := c.name + ".Done()"
	if c.link.Type != "context.cancelCtx" || c.link.Cancelled {
		text += " of " + c.link.String()
	}
	return text
}

// doneChannels finds those of the contexts in the goroutine's frames, by address.
func (s *Session) doneChannels(g dump.Goroutine, r *Reading) map[uint64]doneChannel {
	out := map[uint64]doneChannel{}
	for f := range nearest(g, r) {
		if f.Function().IsRuntime() {
			continue
		}
		for _, c := range (Scope{s: s, g: g, f: f, framed: true}).Contexts(r) {
			for _, link := range c.Links {
				if _, nearer := out[link.Done]; link.Done != 0 && !nearer {
					out[link.Done] = doneChannel{c.Name, link, f}
				}
			}
		}
	}
	return out
}

// semaphore describes a wait for an object of package sync.
func (s *Session) semaphore(g dump.Goroutine, w dump.Wait, r *Reading) Leaf {
	l := Leaf{What: w.ObjectType, Addr: w.Object}
	if w.Object == 0 {
		l.What, l.Addr = "semaphore", w.Addr
		if reason := g.WaitReason(); reason != "" {
			l.What = reason
		}
		return l
	}
	if strings.HasPrefix(g.WaitReason(), w.ObjectType+".") {
		l.What = g.WaitReason()
	}
	l.Name, l.Frame = s.name(g, thing{w.Object, w.ObjectType}, r)
	if _, addr, ok := lockOf(w); ok {
		l.Detail = s.holderText(g, addr)
	}
	return l
}

// syncCall describes a wait in package sync of which the runtime does not note
// the object: it is the receiver of the outermost method of the package.
func (s *Session) syncCall(g dump.Goroutine, r *Reading) Leaf {
	l := Leaf{What: g.WaitReason()}
	for f := range nearest(g, r) {
		pkg := f.Function().Package()
		if pkg != "sync" && pkg != "internal/sync" && !f.Function().IsRuntime() {
			break
		}
		_, rest, ok := strings.Cut(f.Function().Name(), "sync.(*")
		typ, _, _ := strings.Cut(rest, ")")
		if pkg != "sync" || !ok {
			continue
		}
		if x, ok := receiver(f, "*sync."+typ); ok {
			l.Addr = x.Pointer()
			l.Name, l.Frame = s.name(g, thing{l.Addr, "sync." + typ}, r)
		}
	}
	return l
}

// polled describes a wait for a file or connection to become ready.
func (s *Session) polled(g dump.Goroutine, w dump.Wait, r *Reading) Leaf {
	l := Leaf{What: "network poll", Addr: w.Object, Type: w.ObjectType}
	const known = "internal/poll.FD"
	t, ok := s.typeNamed(known)
	if !ok || w.ObjectType != known {
		return l
	}
	fd := s.d.At(t, w.Object)
	var parts []string
	if n, ok := fd.FieldByName("Sysfd"); ok {
		if n, ok := n.Int(); ok {
			parts = append(parts, fmt.Sprintf("fd %d", n))
		}
	}
	if conn, f, ok := netFD(g, w.Object, r); ok {
		for _, end := range []string{"laddr", "raddr"} {
			if a, ok := conn.FieldByName(end); ok && !a.IsNil() {
				parts = append(parts, map[string]string{"laddr": "local ", "raddr": "remote "}[end]+addressText(a))
			}
		}
		l.Frame = f
	}
	l.Detail = strings.Join(parts, ", ")
	return l
}

// netFD finds the connection around a poll.FD in the frames that use it.
func netFD(g dump.Goroutine, addr uint64, r *Reading) (dump.Value, dump.Frame, bool) {
	for f := range nearest(g, r) {
		for _, v := range f.Variables() {
			if x := concrete(v.Value()); x.Type().Name() == "net.netFD" && x.Addr() == addr {
				return x, f, true
			}
			if x, ok := concrete(v.Value()).FieldByName("fd"); ok && x.Type().Name() == "*net.netFD" && x.Pointer() == addr {
				return x.Elem(), f, true
			}
		}
	}
	return dump.Value{}, dump.Frame{}, false
}

// addressText writes a net.Addr: 127.0.0.1:80, or a path.
func addressText(v dump.Value) string {
	v = concrete(v)
	if ip, ok := v.FieldByName("IP"); ok {
		port, _ := v.FieldByName("Port")
		n, ok := port.Int()
		if !ok {
			return ipText(ip) + ":?"
		}
		return ipText(ip) + ":" + fmt.Sprint(n)
	}
	if name, ok := v.FieldByName("Name"); ok {
		text, _, _ := name.Text(200)
		return text
	}
	return v.Type().Name()
}

// ipText writes a net.IP.
func ipText(v dump.Value) string {
	n, ok := v.Len()
	if !ok {
		return "?"
	}
	var b []byte
	for i := range min(n, 16) {
		x, ok := v.Index(i).Uint()
		if !ok {
			return "?"
		}
		b = append(b, byte(x))
	}
	if len(b) == 0 {
		return ""
	}
	ip, _ := netip.AddrFromSlice(b)
	return ip.Unmap().String()
}

// typeNamed finds a type of the dump by its full name.
func (s *Session) typeNamed(name string) (dump.Type, bool) {
	if t, ok := s.named[name]; ok {
		return t, t.Kind() != dump.KindInvalid
	}
	if s.named == nil {
		s.named = map[string]dump.Type{}
	}
	s.named[name] = dump.Type{}
	for t := range s.d.Types() {
		if t.Name() == name {
			s.named[name] = t
			break
		}
	}
	return s.typeNamed(name)
}

// systemCall describes a goroutine in the kernel: by the function of package
// syscall that it called last, and the number that it gave, if that was kept.
func (s *Session) systemCall(g dump.Goroutine, r *Reading) Leaf {
	l := Leaf{What: "system call"}
	for f := range nearest(g, r) {
		fn := f.Function()
		pkg := fn.Package()
		if pkg != "syscall" && pkg != "golang.org/x/sys/unix" && !strings.HasPrefix(pkg, "internal/runtime/syscall") && !fn.IsRuntime() {
			break
		}
		if pkg == "syscall" || pkg == "golang.org/x/sys/unix" {
			l.Name, l.Frame = fn.Name(), f
		}
		for _, v := range f.Variables() {
			if n, ok := v.Value().Uint(); ok && (v.Name() == "trap" || v.Name() == "num") && !v.Stale() {
				l.Detail = fmt.Sprintf("number %d", n)
			}
		}
	}
	return l
}
