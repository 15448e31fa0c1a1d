package place

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// ErrTooMany says that a directory holds as many dumps of a program as it may.
var ErrTooMany = errors.New("too many dumps")

// young is the age below which a dump is not removed for the sake of another:
// of a burst of crashes the first are worth most.
const young = time.Hour

// Room bounds the dumps of one program in a directory. Below zero there is no bound.
type Room struct {
	Dumps int
	Bytes int64
}

// held is a dump, or the beginning of one, that lies in the directory.
type held struct {
	path string
	size int64
	time time.Time
}

// Make makes room for one more dump of the program, if need be by removing the
// oldest. It removes only files with names that Name gives, and the remains of
// dumps whose program died while it wrote them.
func (r Room) Make(dir, program string, now time.Time) error {
	if r.Dumps < 0 && r.Bytes < 0 {
		return nil
	}
	list, err := dumpsIn(dir, orElse(Clean(program, 64), "program")+"-")
	if err != nil {
		return err
	}
	sort.Slice(list, func(i, j int) bool { return list[i].time.Before(list[j].time) })
	total := int64(0)
	for _, h := range list {
		total += h.size
	}
	for len(list) > 0 && (r.Dumps >= 0 && len(list) >= r.Dumps || r.Bytes >= 0 && total >= r.Bytes) {
		oldest := list[0]
		if age := now.Sub(oldest.time); age < young {
			return fmt.Errorf("%w: %s holds %d of this program, %d bytes, of which the oldest was written %v ago",
				ErrTooMany, dir, len(list), total, max(0, age).Round(time.Second))
		}
		if err := os.Remove(oldest.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%w: %w", ErrTooMany, err)
		}
		list, total = list[1:], total-oldest.size
	}
	return nil
}

// dumpsIn lists the dumps whose names begin with prefix. In a directory like
// /tmp, in which nobody can remove what is another user's, those of others do
// not count: they would keep the program from writing its own.
func dumpsIn(dir, prefix string) ([]held, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	info, err := d.Stat()
	if err != nil {
		return nil, err
	}
	shared := info.Mode()&os.ModeSticky != 0
	var list []held
	for {
		names, err := d.Readdirnames(1024)
		for _, name := range names {
			if !isDump(name, prefix) {
				continue
			}
			path := filepath.Join(dir, name)
			if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && !(shared && others(info)) {
				list = append(list, held{path, info.Size(), info.ModTime()})
			}
		}
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// isDump tells the names that Name gives after a prefix, also while the dump
// is being written.
func isDump(name, prefix string) bool {
	if rest, hidden := strings.CutPrefix(name, "."); hidden {
		end := strings.LastIndexByte(rest, '.')
		if end < 0 || len(rest)-end != len(".00000000") {
			return false
		}
		name = rest[:end]
	}
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok || !strings.HasSuffix(rest, Extension) || len(rest) < len(stampForm)+len("-1") {
		return false
	}
	for i, want := range []byte(stampForm + "-0") {
		if digit := rest[i]-'0' <= 9; digit != (want-'0' <= 9) || !digit && rest[i] != want {
			return false
		}
	}
	return true
}
