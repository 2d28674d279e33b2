package workflow

import "github.com/rhysd/actionlint"

// aside tells what a job asks for that is read past here.
func (f *file) aside(job *actionlint.Job) {
	if job.Container != nil {
		f.notice(job.Container.Pos, "there is no container here: the steps run on the machine itself")
	}
	if job.Services != nil {
		f.notice(job.Services.Pos, "services are not started here")
	}
	if of := job.ContinueOnError; of != nil && (of.Value || of.Expression != nil) {
		f.notice(of.Pos, "a job's continue-on-error is not followed here: if it fails, what needs it is skipped")
	}
}
