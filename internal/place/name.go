// Package place puts dumps into the file system: under names that do not
// collide, for their owner's eyes only, and whole.
package place

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
)

// Extension of the files.
const Extension = ".dump"

// stampForm is the form of the time in a name.
const stampForm = "20060102T150405.000000000Z"

// lastName is the time in the newest name, in Unix nanoseconds.
var lastName atomic.Int64

// Name gives a file name for a dump of the program made now. Names of one
// process never repeat, and sort by time:
//
//	shop-20260102T030405.000000006Z-4242.dump
//	shop-20260102T030405.000000006Z-4242-before-upgrade.dump
func Name(program, label string, now time.Time) string {
	at := now.UnixNano()
	for {
		last := lastName.Load()
		if at <= last {
			at = last + 1
		}
		if lastName.CompareAndSwap(last, at) {
			break
		}
	}
	stamp := time.Unix(0, at).UTC().Format(stampForm)
	name := orElse(Clean(program, 64), "program") + "-" + stamp + "-" + strconv.Itoa(os.Getpid())
	if label = Clean(label, 64); label != "" {
		name += "-" + label
	}
	return name + Extension
}

// Clean makes s safe as a part of a file name on every system: letters, digits
// and -_+= stay, and dots within; runs of anything else become one underscore.
func Clean(s string, max int) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		keep := r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_+=", r))
		if !keep && !(r == '.' && b.Len() > 0) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		if b.Len() >= max {
			break
		}
		b.WriteRune(r)
	}
	return strings.Trim(b.String(), "._-")
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
