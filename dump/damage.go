package dump

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gopostmortem/postmortem/mock"
)

// Damage lists what is missing from the file or broken in it, as far as it
// has been read; nil for a whole file. See [Dump.Verify].
func (d *Dump) Damage() []error {
	d.damageMu.Lock()
	defer d.damageMu.Unlock()
	return slices.Clone(d.damaged)
}

// maxDamage bounds the list of damage.
const maxDamage = 1000

// noteDamage remembers what was found wrong, each fault once.
func (d *Dump) noteDamage(err error) {
	d.damageMu.Lock()
	defer d.damageMu.Unlock()
	same := func(old error) bool { return old.Error() == err.Error() }
	if len(d.damaged) < maxDamage && !slices.ContainsFunc(d.damaged, same) {
		d.damaged = append(d.damaged, err)
	}
}

// absent is the reason for something of which the dump knows nothing: it was
// lost with a damaged section or, in a whole dump, never followed (SPEC §11).
func (d *Dump) absent() mock.Reason {
	d.damageMu.Lock()
	defer d.damageMu.Unlock()
	if len(d.damaged) > 0 {
		return mock.Damaged
	}
	return mock.Disabled
}

// sectionError says in which section err happened, unless err says so itself.
func sectionError(s section, err error) error {
	err = publicError(err)
	if _, known := err.(*FormatError); known {
		return err
	}
	return &FormatError{Section: s.name, Offset: s.offset, Err: err}
}

// noteMissing tells what a file lacks that every whole one has. cut says where
// the file ends before its last section is whole; nil if it does not.
func (d *Dump) noteMissing(meta, cause bool, cut *FormatError) {
	have := make(map[group]bool)
	end := section{name: "none"}
	for i := range d.store.count() {
		end = d.store.section(i)
		have[end.group] = true
	}
	if have[groupStats] && cut == nil {
		if (!meta || !cause) && len(d.Damage()) == 0 {
			d.noteDamage(&FormatError{Offset: -1, Err: fmt.Errorf("%w: the first two sections are not META and CAUSE", ErrMalformed)})
		}
		return
	}
	have[groupHead] = meta && cause
	out := &FormatError{Offset: -1}
	text := fmt.Sprintf("it ends after section %d (%s)", d.store.count(), end.name)
	if cut != nil {
		out.Offset = cut.Offset
		if cut.Section != "" {
			text += ", within " + cut.Section
		}
	}
	out.Err = fmt.Errorf("%w: %s; missing: %s", ErrTruncated, text, missingText(have, end.group))
	d.noteDamage(out)
}

// groupNames says what a reader loses with a kind of section, in the order of a
// file; "" for what most dumps do not have.
var groupNames = [...]string{
	groupHead: "process and cause", groupDefs: "types and functions", groupGoroutines: "goroutines",
	groupMemory: "values", groupObjects: "maps, channels, dynamic types", groupGlobals: "package variables",
	groupSources: "list of sources", groupText: "source", groupLosses: "losses", groupStats: "statistics",
}

// missingText lists what no section holds, and what there may be more of.
func missingText(have map[group]bool, last group) string {
	if have[groupStats] {
		return "the index, which only saves time"
	}
	first := groupHead
	if last >= groupSources { // from there on, kinds do not come again
		first = last
	}
	var gone []string
	for g := first; g <= groupStats; g++ {
		if !have[g] && groupNames[g] != "" {
			gone = append(gone, groupNames[g])
		}
	}
	switch last {
	case groupDefs, groupGoroutines, groupMemory, groupObjects, groupGlobals, groupText:
		gone = append(gone, "perhaps more "+groupNames[last])
	}
	return strings.Join(gone, ", ")
}
