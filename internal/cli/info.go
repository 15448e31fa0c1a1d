package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

const infoLong = `Tell why the program failed: the cause, the place, the build, the process, its
goroutines put together by equal stacks, how the dump was made and what had to
be left out.`

func newInfoCommand(std IO) *cobra.Command {
	var asJSON bool
	var buckets int
	cmd := &cobra.Command{
		DisableFlagsInUseLine: true,
		Use:                   "info [--json] [--buckets NUMBER] FILE",
		Short:                 "Tell why and where the program failed",
		Long:                  infoLong,
		Example:               "  postmortem info crash.dump\n  postmortem info --json crash.dump | jq .where",
		Args:                  exactly(1, "dump file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := openDump(cmd.Context(), std, args[0])
			if err != nil {
				return err
			}
			defer d.Close()
			if asJSON {
				return writeInfoJSON(std.Out, d, buckets)
			}
			printInfo(&screen{w: std.Out, color: colorful(std)}, d, buckets)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	cmd.Flags().IntVar(&buckets, "buckets", 10, "`NUMBER` of groups of goroutines to show, 0 for all")
	return cmd
}

func printInfo(out *screen, d *dump.Dump, buckets int) {
	printDamage(out, d)
	printCause(out, d)
	printGoroutineBuckets(out, d, buckets)
	printCapture(out, d)
}

func printGoroutineBuckets(out *screen, d *dump.Dump, limit int) {
	all := bucketsOf(d)
	total := fmt.Sprintf("%d", d.NumGoroutines())
	if n := d.Meta().NumGoroutine; n > int64(d.NumGoroutines()) {
		total += fmt.Sprintf(" of %d", n)
	}
	out.printf("\n%s in %d groups with equal stacks\n", styled{styleStrong, total + " goroutines"}, len(all))
	for i, b := range all {
		if limit > 0 && i >= limit {
			out.printf("  ... %d more groups: --buckets 0 shows all\n", len(all)-i)
			return
		}
		status := b.status
		if b.longest >= time.Second {
			status += ", " + atLeast(b)
		}
		out.printf("  %5d  [%s] %s\n", b.count, status, ownLoc.of(d, b.first))
		if created, ok := startedAt(b.first); ok {
			out.printf("         started at %s\n", locationText(created, 0))
		}
		out.printf("         goroutine%s\n", idText(b))
	}
}

// atLeast says how long a bucket's goroutines have waited. The runtime's clock
// starts with the first garbage collection that finds a goroutine waiting.
func atLeast(b *bucket) string {
	text := "at least " + b.longest.Truncate(time.Second).String()
	if b.count > 1 {
		return "the longest " + text
	}
	return text
}

func idText(b *bucket) string {
	var ids []string
	for _, id := range b.ids {
		ids = append(ids, fmt.Sprint(id))
	}
	text := " " + strings.Join(ids, ", ")
	if b.count > 1 {
		text = "s" + text
	}
	if b.count > len(b.ids) {
		text += ", ..."
	}
	return text
}

// printCapture tells how the dump was made.
func printCapture(out *screen, d *dump.Dump) {
	out.printf("\n%s\n", styled{styleStrong, "capture"})
	for _, l := range captureLines(d) {
		out.printf("  %-9s %s\n", l.label, l.text)
	}
}

func captureLines(d *dump.Dump) []labelled {
	m := d.Meta()
	out := []labelled{{"method", m.Method}, {"depth", depthText(m.Depth)}}
	if m.Producer != "" {
		out = append(out, labelled{"by", m.Producer})
	}
	var limits []string
	for _, kv := range m.Options {
		limits = append(limits, kv.Key+"="+kv.Value)
	}
	if len(limits) > 0 {
		out = append(out, labelled{"options", strings.Join(limits, " ")})
	}
	for _, s := range d.Stats() {
		if strings.HasSuffix(s.Name, "_ns") {
			out = append(out, labelled{strings.TrimSuffix(s.Name, "_ns"), time.Duration(s.Value).Round(time.Microsecond).String()})
		}
	}
	out = append(out, variableLines(d)...)
	if withoutDWARF(d) {
		out = append(out, labelled{"build", "without DWARF: build without -ldflags=-w to have variables"})
	} else if m.Optimized && m.HasDWARF {
		out = append(out, labelled{"build", "optimised: some variables have no place"})
	}
	for _, text := range lossLines(d) {
		out = append(out, labelled{"left out", text})
	}
	return out
}

// withoutDWARF reports whether the program has no debug information. Where there
// was no room to look for it there are stacks alone, and their frames know why.
func withoutDWARF(d *dump.Dump) bool {
	m := d.Meta()
	if m.HasDWARF || m.Method != "text" {
		return !m.HasDWARF
	}
	f, _ := d.Cause().AskFrame()
	why, _ := f.NoVariables()
	return why.Reason == mock.NoDWARF
}

// variableLines tell how much of the frames' variables the dump has.
func variableLines(d *dump.Dump) []labelled {
	n := map[string]int64{}
	for _, s := range d.Stats() {
		n[s.Name] = s.Value
	}
	line := func(prefix string) string {
		all := n[prefix+"variables"]
		text := fmt.Sprintf("%d of %d read", n[prefix+"variables_read"], all)
		for _, part := range [][2]string{
			{"variables_stale", "possibly stale"}, {"variables_dead", "with dead pointers"}, {"variables_partial", "in part"},
			{"variables_absent", "without a place"},
		} {
			if k := n[prefix+part[0]]; k > 0 {
				text += fmt.Sprintf(", %d %s", k, part[1])
			}
		}
		return text
	}
	var out []labelled
	if n["user_variables"] > 0 {
		out = append(out, labelled{"own vars", line("user_")})
	}
	if n["variables"] > 0 {
		out = append(out, labelled{"all vars", line("")})
	}
	return out
}

// maxLosses is how many losses are told one by one.
const maxLosses = 100

func lossLines(d *dump.Dump) []string {
	var out []string
	more := 0
	for l := range d.Losses() {
		if len(out) < maxLosses {
			out = append(out, lossText(l))
		} else {
			more++
		}
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return out
}

func depthText(n int64) string {
	switch {
	case n < 0:
		return "no limit"
	case n == 0:
		return "0: stacks only"
	}
	return fmt.Sprintf("%d references", n)
}

func lossText(l dump.Loss) string {
	if l.Area == "source" && l.Detail != "" { // the detail has the reason; memory has no part in it
		return fmt.Sprintf("source: %d (%s; package source says how a program carries its source)", l.Count, l.Detail)
	}
	text := fmt.Sprintf("%s: %s", l.Area, l.Reason)
	if l.Count > 0 {
		text = fmt.Sprintf("%s: %d, %s", l.Area, l.Count, l.Reason)
	}
	if l.Detail != "" {
		text += " (" + l.Detail + ")"
	}
	return text
}

// printDamage tells what the file has lost, before anything that may lack it.
func printDamage(out *screen, d *dump.Dump) {
	damage := d.Damage()
	if len(damage) == 0 {
		return
	}
	out.printf("%s\n", styled{styleAlarm, "damage"})
	for i, err := range damage {
		if i == maxLosses {
			out.printf("  %d more: postmortem verify tells all\n", len(damage)-i)
			break
		}
		out.printf("  %s\n", err)
	}
	out.printf("\n")
}
