package dump

import (
	"errors"
	"fmt"
	"sync"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/rule"
)

// RuleError says what is wrong with one line of rules for showing frames.
type RuleError struct {
	Line, Column int // from 1 on; columns count bytes
	Text         string
}

// Error implements error.
func (e *RuleError) Error() string { return (*rule.Error)(e).Error() }

// checkRules gives the errors of rules, each a *RuleError.
func checkRules(text string) error {
	_, bad := rule.Parse(text)
	errs := make([]error, len(bad))
	for i, e := range bad {
		errs[i] = (*RuleError)(e)
	}
	return errors.Join(errs...)
}

// maxRuleTexts bounds what one dump takes of the options, and of the registrations.
const maxRuleTexts = 100

// Rules puts rules for showing frames into the dump, one a line: which frames a
// viewer hides, and what it shows in their place. The language is described in
// docs/rules.md:
//
//	dump.Rules("hide net/http.*\ninsert main.(*Shop).checkout \"order {order.ID}\"")
//
// They change only what is shown: the dump has every frame whatever they say.
// Given more than once they add up, the first ones having precedence.
func Rules(text string) Option {
	err := checkRules(text)
	if err != nil {
		err = fmt.Errorf("Rules: %w", err)
	}
	return optionFunc(func(s *settings) error {
		switch {
		case err != nil:
			return err
		case len(s.rules) == maxRuleTexts:
			return fmt.Errorf("Rules: more than %d texts", maxRuleTexts)
		case text != "":
			s.rules = append(s.rules[:len(s.rules):len(s.rules)], text)
		}
		return nil
	})
}

var registered struct {
	sync.Mutex
	rules []model.Rule
}

// RegisterRules puts rules for showing frames, see [Rules], into all later
// dumps in the name of a package, the one whose frames they are about. It is for frameworks,
// whose rules come after the program's own. Those of the same name that were
// registered before are replaced; an empty text removes them.
//
// A library that does not want to import this package declares a variable
// instead, see docs/rules.md.
func RegisterRules(pkg, text string) error {
	if pkg == "" {
		return errors.New("dump: RegisterRules: the package is missing")
	}
	if err := checkRules(text); err != nil {
		return fmt.Errorf("dump: RegisterRules(%q): %w", pkg, err)
	}
	registered.Lock()
	defer registered.Unlock()
	var kept []model.Rule
	for _, r := range registered.rules {
		if r.Name != pkg {
			kept = append(kept, r)
		}
	}
	if text != "" {
		kept = append(kept, model.Rule{Origin: model.RuleLibrary, Name: pkg, Text: text})
	}
	if len(kept) > maxRuleTexts {
		return fmt.Errorf("dump: RegisterRules(%q): more than %d packages", pkg, maxRuleTexts)
	}
	registered.rules = kept
	return nil
}

// rules lists what the dump is given by the program.
func (j *job) rules() []model.Rule {
	var out []model.Rule
	for _, text := range j.settings.rules {
		out = append(out, model.Rule{Origin: model.RuleProgram, Text: text})
	}
	registered.Lock()
	defer registered.Unlock()
	return append(out, registered.rules...)
}

// FrameRules are rules for showing frames that are in the dump, one a line.
type FrameRules struct {
	Library  bool     // given by a library, not by the program
	Name     string   // of the library's variable, with its package's path, or of its package
	Text     string   // see docs/rules.md
	Problems []string // what was wrong with them when the dump was made
}

// Rules lists the rules for showing frames that the program and its libraries
// put into the dump. Package restore applies them.
func (d *Dump) Rules() []FrameRules {
	d.rulesOnce.Do(func() {
		room := d.budget.share()
		d.each(groupRules, func(_ int, rec any) error {
			r, ok := rec.(*model.Rule)
			if !ok {
				return nil
			}
			d.rules = append(d.rules, FrameRules{r.Origin != model.RuleProgram, r.Name, r.Text, r.Problems})
			return room.take(int64(64+len(r.Name)+len(r.Text)) + 64*int64(len(r.Problems)))
		})
	})
	return append([]FrameRules(nil), d.rules...)
}
