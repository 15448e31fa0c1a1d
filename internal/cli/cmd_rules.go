package cli

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/restore"
)

func rulesCommands() []command {
	return []command{{
		names: []string{"rules"}, group: groups[2],
		short: "List, add and turn off the rules for showing frames.",
		usage: []string{"rules", "rules add <rule>", "rules load <file>", "rules clear", "rules on|off [viewer|program|library|builtin]"},
		long: "Rules hide frames that nobody needs to see, and show labels in their place. They come from whoever looks at\n" +
			"the dump, from the program, from its libraries, and from postmortem itself, in this order of precedence;\n" +
			"the last, which leave out the runtime, are off at first. They change only what is shown: stack -a shows every\n" +
			"frame. docs/rules.md describes them:\n\n" +
			"	rules add hide net/http.*\n" +
			"	rules add insert main.(*Shop).checkout \"order {order.ID}\"\n" +
			"	rules off library",
		run: (*call).rules,
	}}
}

func (c *call) rules() error {
	word, rest := splitWord(c.args)
	switch word {
	case "":
		return c.listRules()
	case "add":
		if rest == "" {
			return usagef("add needs to be followed by a rule")
		}
		return c.s.AddRules("", rest)
	case "load":
		if rest == "" {
			return usagef("load needs to be followed by the name of a file")
		}
		return loadRules(c.s, rest)
	case "clear":
		c.s.ClearRules()
		return nil
	case "on", "off":
		return c.enableRules(word == "on", rest)
	}
	return usagef("%q: add, load, clear, on or off", word)
}

var ruleOrigins = []restore.RuleOrigin{restore.ViewerRules, restore.ProgramRules, restore.LibraryRules, restore.BuiltinRules}

// enableRules turns rules on or off. Without an origin that means all but the builtin ones when on.
func (c *call) enableRules(on bool, which string) error {
	found := false
	for _, o := range ruleOrigins {
		if which == o.String() || which == "" && !(on && o == restore.BuiltinRules) {
			c.s.EnableRules(o, on)
			found = true
		}
	}
	if !found {
		return usagef("%q: viewer, program, library or builtin", which)
	}
	return nil
}

func (c *call) listRules() error {
	out := c.lines()
	for _, set := range c.s.RuleSets() {
		state := ""
		if !c.s.RulesEnabled(set.Origin) {
			state = " (off)"
		}
		c.out.printf("%s%s\n", styled{styleStrong, strings.TrimSpace(set.Origin.String() + " " + set.Name)}, state)
		for line := range strings.SplitSeq(set.Text, "\n") {
			if line = strings.TrimSpace(line); line != "" && out.next() {
				c.out.printf("    %s\n", strings.ReplaceAll(line, "\t", " "))
			}
		}
		for _, p := range ruleTroubles(set) {
			c.out.printf("    not good: %s\n", p)
		}
	}
	return out.end()
}

// maxTroubles is how much is said to be wrong with one text.
const maxTroubles = 20

// ruleTroubles says what is wrong with rules.
func ruleTroubles(set *restore.RuleSet) []string {
	var out []string
	for _, e := range set.Errors {
		out = append(out, e.Error())
	}
	if out = append(out, set.Problems...); len(out) > maxTroubles {
		return append(out[:maxTroubles], strconv.Itoa(len(out)-maxTroubles)+" more")
	}
	return out
}

// warnOfRules says what is wrong with the rules of the dump.
func warnOfRules(std IO, s *restore.Session) {
	for _, set := range s.RuleSets() {
		if set.Origin == restore.ViewerRules {
			continue // told when they were added
		}
		for _, p := range ruleTroubles(set) {
			warn(std, "warning: %s: %s", strings.TrimSpace("rules of the "+set.Origin.String()+" "+set.Name), p)
		}
	}
}

// maxRuleFile is more than rules may have.
const maxRuleFile = 1 << 20

// loadRules adds the rules of a file. The error may be about single lines.
func loadRules(s *restore.Session, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRuleFile))
	if err != nil {
		return err
	}
	return s.AddRules(path, string(text))
}

// loadRuleFiles adds the rules of files. Lines that are none are told and left out.
func loadRuleFiles(std IO, s *restore.Session, files []string) error {
	for _, path := range files {
		before := len(s.RuleSets())
		err := loadRules(s, path)
		if err != nil && len(s.RuleSets()) == before {
			return err
		}
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				warn(std, "warning: %s: %s", path, line)
			}
		}
	}
	return nil
}
