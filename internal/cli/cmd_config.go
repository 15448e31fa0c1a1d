package cli

import (
	"fmt"
	"strconv"

	"github.com/gopostmortem/postmortem/restore"
)

// settings are the parameters that config changes.
type settings struct {
	maxStringLen       int
	maxArrayValues     int
	maxVariableRecurse int
	sourceLines        int
	maxLines           int
	maxOutput          int
}

func defaultSettings() settings {
	long := restore.LongConfig()
	return settings{
		maxStringLen: long.MaxStringLen, maxArrayValues: long.MaxArrayValues, maxVariableRecurse: long.MaxVariableRecurse,
		sourceLines: 5, maxLines: 1000, maxOutput: 1024,
	}
}

// setting is one parameter.
type setting struct {
	name, doc string
	value     func(*settings) *int
}

func settingTable() []setting {
	return []setting{
		{"max-array-values", "elements shown of an array or slice, and entries of a map", func(s *settings) *int { return &s.maxArrayValues }},
		{"max-list-lines", "lines of a list on a terminal, 0 for all", func(s *settings) *int { return &s.maxLines }},
		{"max-output", "MiB that one command writes at most, 0 for no limit", func(s *settings) *int { return &s.maxOutput }},
		{"max-string-len", "bytes shown of a string", func(s *settings) *int { return &s.maxStringLen }},
		{"max-variable-recurse", "levels of structs, maps and interfaces inside each other that are shown", func(s *settings) *int { return &s.maxVariableRecurse }},
		{"source-list-line-count", "lines of source before and after the current one", func(s *settings) *int { return &s.sourceLines }},
	}
}

// load gives what print shows.
func (s *settings) load() restore.LoadConfig {
	cfg := restore.LongConfig()
	cfg.MaxStringLen, cfg.MaxArrayValues, cfg.MaxVariableRecurse = s.maxStringLen, s.maxArrayValues, s.maxVariableRecurse
	return cfg
}

func configCommands() []command {
	return []command{{
		names: []string{"config"}, group: groups[4],
		short: "Show or change how much is printed.",
		usage: []string{"config -list", "config <parameter> <value>"},
		long:  `help config <parameter> explains one of them. A change lasts until the debugger is left.`,
		run:   (*call).config,
	}}
}

func (c *call) config() error {
	name, value := splitWord(c.args)
	if name == "" {
		return usagef("wrong number of arguments: config -list, or config <parameter> <value>")
	}
	if name == "-list" {
		for _, s := range settingTable() {
			c.out.printf("%-24s %d\n", s.name, *s.value(&c.conf))
		}
		return nil
	}
	s, err := findSetting(name)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return usagef("%s needs a number that is not below zero", name)
	}
	*s.value(&c.conf) = n
	return nil
}

func (c *call) helpSetting(name string) error {
	s, err := findSetting(name)
	if err != nil {
		return err
	}
	c.out.printf("%s: %s (now %d)\n", s.name, s.doc, *s.value(&c.conf))
	return nil
}

func findSetting(name string) (setting, error) {
	var names []string
	for _, s := range settingTable() {
		if s.name == name {
			return s, nil
		}
		names = append(names, s.name)
	}
	e := &usageError{text: fmt.Sprintf("%q is not a configuration parameter", name), hint: "config -list shows them"}
	if near := nearest(name, names); near != "" {
		e.hint = fmt.Sprintf("did you mean %q?", near)
	}
	return setting{}, e
}
