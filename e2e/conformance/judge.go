package conformance

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// oursAnswer is what this library said, or why that cannot be right whatever the reference
// says.
type oursAnswer struct {
	outcome *outcome
	err     error
}

// verdict is the comparison of one question.
type verdict struct {
	q       *question
	ours    *outcome
	theirs  *outcome // of the question as asked
	after   *outcome // of the question as rewritten by the differences, and what they made of it
	applied []string // the differences that changed what the reference says
	fields  []string // in which ours and after differ
	err     error
}

func (v *verdict) equal() bool { return v.err == nil && len(v.fields) == 0 }

// attempt is a verdict that is still looking for an explanation.
type attempt struct {
	*verdict
	rewritten *question
	used      map[int]bool // differences by their index
	trying    string
}

// merge keeps the calls for a handshake that both sides made and the rewritten question no
// longer makes: they were made before anything went wrong.
func merge(ours, first, then []string) []string {
	for i, call := range first {
		if strings.Contains(call, "handshake_payload") && slices.Contains(ours, call) && !slices.Contains(then, call) {
			return append(first[i:i+1:i+1], then...)
		}
	}
	return then
}

// judge compares all questions. Where the answers differ, the first difference that applies
// rewrites the question, the reference is asked again, and so on until the answers are equal
// or nothing applies.
func judge(ref *reference, ring *keyring, questions []*question) ([]*verdict, error) {
	said := make(chan []oursAnswer, 1)
	go func() { said <- answerAll(questions) }()
	theirs, err := ref.ask(questions)
	if err != nil {
		return nil, err
	}
	us := <-said
	verdicts := make([]*verdict, len(questions))
	var open []*attempt
	for i, q := range questions {
		v := &verdict{q: q, ours: us[i].outcome, theirs: theirs[i], after: theirs[i], err: us[i].err}
		verdicts[i] = v
		if v.err == nil {
			open = append(open, &attempt{verdict: v, rewritten: q, used: map[int]bool{}})
		}
	}
	for len(open) > 0 {
		if open, err = explain(ref, ring, open); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

// explain drops what is equal or cannot be explained, and asks the rest again.
func explain(ref *reference, ring *keyring, open []*attempt) (again []*attempt, err error) {
	for _, a := range open {
		if a.fields = a.after.differs(a.ours); len(a.fields) > 0 && a.advance(ring) {
			again = append(again, a)
		}
	}
	questions := make([]*question, len(again))
	for i, a := range again {
		questions[i] = a.rewritten
	}
	theirs, err := ref.ask(questions)
	if err != nil {
		return nil, err
	}
	for i, a := range again {
		before := a.after
		a.after = theirs[i]
		a.rewritten.restore(a.after)
		for i, d := range differences {
			if d.answer != nil && a.used[i] {
				d.answer(a.q, a.after)
			}
		}
		a.after.Calls = merge(a.ours.Calls, before.Calls, a.after.Calls)
		if len(before.differs(a.after)) > 0 {
			a.applied = append(a.applied, a.trying)
		}
	}
	return again, nil
}

// advance applies the next difference.
func (a *attempt) advance(ring *keyring) bool {
	for i, d := range differences {
		if a.used[i] || d.applies != nil && !d.applies(a.q, a.after, a.ours) {
			continue
		}
		next := a.rewritten.clone()
		if d.rewrite != nil && !d.rewrite(ring, next) {
			continue
		}
		a.used[i] = true
		a.rewritten = next
		a.trying = d.id + " " + d.name
		return true
	}
	return false
}

// report counts verdicts.
type report struct {
	total, equal int
	byDifference map[string]int
	unexplained  []*verdict
}

func newReport(verdicts []*verdict) *report {
	r := &report{total: len(verdicts), byDifference: map[string]int{}}
	for _, v := range verdicts {
		switch {
		case !v.equal():
			r.unexplained = append(r.unexplained, v)
		case len(v.applied) == 0:
			r.equal++
		default:
			for _, id := range v.applied {
				r.byDifference[id]++
			}
		}
	}
	return r
}

func (r *report) String() string {
	var b strings.Builder
	explained := r.total - r.equal - len(r.unexplained)
	fmt.Fprintf(&b, "%d cases, %d equal, %d differ on purpose, %d unexplained", r.total, r.equal, explained, len(r.unexplained))
	ids := make([]string, 0, len(r.byDifference))
	for id := range r.byDifference {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		fmt.Fprintf(&b, "\n  %6d  %s", r.byDifference[id], id)
	}
	b.WriteString("\n ")
	return b.String()
}

// kinds groups what is unexplained, the most frequent first.
func (r *report) kinds() string {
	count, example := map[string]int{}, map[string]int{}
	for _, v := range r.unexplained {
		kind := fmt.Sprint(v.err)
		if v.err == nil {
			kind = fmt.Sprintf("%s %s%s %s, ours %s %s: %v", v.after.Threw, v.after.Status, "", v.after.Reason, v.ours.Status, v.ours.Reason, v.fields)
		}
		count[kind]++
		example[kind] = v.q.n
	}
	kinds := make([]string, 0, len(count))
	for k := range count {
		kinds = append(kinds, k)
	}
	sort.Slice(kinds, func(i, j int) bool { return count[kinds[i]] > count[kinds[j]] })
	var b strings.Builder
	for _, k := range kinds {
		fmt.Fprintf(&b, "\n  %6d  such as %d: reference %s", count[k], example[k], k)
	}
	return b.String()
}
