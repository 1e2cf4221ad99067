package shape

import (
	"fmt"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/edge"
)

// The markers of template.yaml.
const (
	FunctionsBegin = "# <functions>"
	FunctionsEnd   = "# </functions>"
)

// mount is where Lambda puts the secrets directory.
const mount = "/mnt/secrets"

// Functions gives the template's functions, each with its role, log and alarm.
func Functions(specs []edge.Spec) (string, error) {
	var w lines
	w.add(2, "# Generated from the route table: go test ./infra/shape -update. A role allows what its statements name.")
	for _, s := range specs {
		rights, err := Rights(s)
		if err != nil {
			return "", err
		}
		w.add(0, "")
		w.add(2, "# %s", title(s))
		w.function(s)
		w.role(s, rights)
		w.log(s)
		w.alarm(s)
	}
	w.add(0, "")
	return w.String(), nil
}

// lines writes indented text.
type lines struct{ strings.Builder }

func (w *lines) add(indent int, format string, values ...any) {
	w.WriteString(strings.Repeat(" ", indent) + fmt.Sprintf(format, values...) + "\n")
}

// title says what starts a function.
func title(s edge.Spec) string {
	switch {
	case s.HTTP():
		return s.Method + " " + s.Path
	case s.Queue != "":
		return "messages of " + string(s.Queue)
	case s.Every > 0:
		return "every " + span(s.Every)
	}
	return "an operator's invocation"
}

func span(d time.Duration) string {
	if d == time.Minute {
		return "minute"
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}

func (w *lines) function(s edge.Spec) {
	id := Camel(s.Name)
	w.add(2, "%s:", id)
	w.add(4, "Type: AWS::Serverless::Function")
	w.add(4, "Metadata: { SkipBuild: true }")
	w.add(4, "Properties:")
	w.add(6, "Description: %q", s.Summary)
	w.add(6, "CodeUri: .build/%s", s.Name)
	if s.Timeout > 0 {
		w.add(6, "Timeout: %d", s.Timeout/time.Second)
	}
	if s.Memory > 0 {
		w.add(6, "MemorySize: %d", s.Memory)
	}
	if s.Hashes {
		w.add(6, "ReservedConcurrentExecutions: !If [HashingReserved, !Ref HashingConcurrency, !Ref AWS::NoValue]")
	}
	w.add(6, "Role: !GetAtt %sRole.Arn", id)
	w.add(6, "LoggingConfig: { LogGroup: !Ref %sLog }", id)
	if s.Needs.Secrets {
		w.secrets()
	}
	w.event(s)
}

func (w *lines) secrets() {
	w.add(6, "Environment:")
	w.add(8, "Variables:")
	w.add(10, "ZENVAULT_SECRETS_DIR: !If [SecretsMounted, %s, %q]", mount, "")
	w.add(10, "ZENVAULT_SECRETS_USER: !Ref SecretsUser")
	w.add(6, "FileSystemConfigs: !If [SecretsMounted, [{ Arn: !Ref SecretsAccessPointArn, LocalMountPath: %s }], !Ref AWS::NoValue]", mount)
	w.add(6, "VpcConfig: !If")
	w.add(8, "- SecretsMounted")
	w.add(8, "- SubnetIds: !Ref SecretsSubnetIds")
	w.add(10, "SecurityGroupIds: !If")
	w.add(12, "- EndpointsMade")
	w.add(12, "- !Split [\",\", !Sub [\"${Given},${SecretsClientGroup.GroupId}\", { Given: !Join [\",\", !Ref SecretsSecurityGroupIds] }]]")
	w.add(12, "- !Ref SecretsSecurityGroupIds")
	w.add(8, "- !Ref AWS::NoValue")
}

func (w *lines) event(s edge.Spec) {
	event := func(name, kind, properties string) {
		w.add(6, "Events:")
		w.add(8, "%s:", name)
		w.add(10, "Type: %s", kind)
		w.add(10, "Properties: { %s }", properties)
	}
	switch {
	case s.HTTP():
		event("Route", "HttpApi", fmt.Sprintf("ApiId: !Ref Api, Method: %s, Path: %q", s.Method, s.Path))
	case s.Queue != "":
		event("Messages", "SQS", fmt.Sprintf("Queue: %s, BatchSize: 10, FunctionResponseTypes: [ReportBatchItemFailures]", queueARN(s.Queue)))
	case s.Every == time.Minute:
		event("Clock", "Schedule", "Schedule: rate(1 minute)")
	case s.Every > 0:
		event("Clock", "Schedule", fmt.Sprintf("Schedule: rate(%d minutes)", s.Every/time.Minute))
	}
}

// role is written out, since SAM's own roles would let a function write every log and take from every queue.
func (w *lines) role(s edge.Spec, rights []Right) {
	id := Camel(s.Name)
	w.add(2, "%sRole:", id)
	w.add(4, "Type: AWS::IAM::Role")
	w.add(4, "Properties:")
	w.add(6, "AssumeRolePolicyDocument:")
	w.add(8, `Version: "2012-10-17"`)
	w.add(8, "Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]")
	if s.Needs.Secrets {
		w.add(6, "# A function inside a VPC makes network interfaces.")
		w.add(6, "ManagedPolicyArns: !If")
		w.add(8, "- SecretsMounted")
		w.add(8, "- [!Sub \"arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaENIManagementAccess\"]")
		w.add(8, "- !Ref AWS::NoValue")
	}
	w.add(6, "Policies:")
	w.add(8, "- PolicyName: needs")
	w.add(10, "PolicyDocument:")
	w.add(12, `Version: "2012-10-17"`)
	w.add(12, "Statement:")
	w.statement(Right{Why: "write its log", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resources: []string{fmt.Sprintf("!GetAtt %sLog.Arn", id)}})
	for _, r := range rights {
		w.statement(r)
	}
	if s.Needs.Secrets {
		w.add(8, "- !If")
		w.add(10, "- SecretsMounted")
		w.add(10, "- PolicyName: secrets")
		w.add(12, "PolicyDocument:")
		w.add(14, `Version: "2012-10-17"`)
		w.add(14, "Statement:")
		w.add(16, "- Effect: Allow # mount the secrets directory, to read")
		w.add(18, "Action: elasticfilesystem:ClientMount")
		w.add(18, "Resource: !Ref SecretsFileSystemArn")
		w.add(18, "Condition: { StringEquals: { elasticfilesystem:AccessPointArn: !Ref SecretsAccessPointArn } }")
		w.add(10, "- !Ref AWS::NoValue")
		w.add(8, "- !If")
		w.add(10, "- ProviderKeysGiven")
		w.add(10, "- PolicyName: provider-keys")
		w.add(12, "PolicyDocument:")
		w.add(14, `Version: "2012-10-17"`)
		w.add(14, "Statement:")
		w.add(16, "- Effect: Allow # answer providers with keys that never leave KMS")
		w.add(18, "Action: kms:Sign")
		w.add(18, "Resource: !Ref ProviderKeyArns")
		w.add(18, "Condition: { StringEquals: { kms:SigningAlgorithm: RSASSA_PKCS1_V1_5_SHA_256, kms:MessageType: DIGEST } }")
		w.add(16, "- Effect: Allow # look at their public halves")
		w.add(18, "Action: kms:GetPublicKey")
		w.add(18, "Resource: !Ref ProviderKeyArns")
		w.add(10, "- !Ref AWS::NoValue")
	}
}

func (w *lines) statement(r Right) {
	w.add(14, "- Effect: Allow # %s", r.Why)
	w.add(16, "Action: [%s]", strings.Join(r.Actions, ", "))
	if len(r.Resources) == 1 {
		w.add(16, "Resource: %s", r.Resources[0])
	} else {
		w.add(16, "Resource: [%s]", strings.Join(r.Resources, ", "))
	}
	if len(r.Condition) > 0 {
		w.add(16, "Condition:")
	}
	for _, line := range r.Condition {
		w.add(18, "%s", line)
	}
}

func (w *lines) log(s edge.Spec) {
	w.add(2, "%sLog:", Camel(s.Name))
	w.add(4, "Type: AWS::Logs::LogGroup")
	w.add(4, "DeletionPolicy: RetainExceptOnCreate")
	w.add(4, "UpdateReplacePolicy: Retain")
	w.add(4, "Properties:")
	w.add(6, "LogGroupName: !Sub /zenvault/${AWS::StackName}/%s", s.Name)
	w.add(6, "RetentionInDays: !Ref LogRetentionDays")
}

func (w *lines) alarm(s edge.Spec) {
	id := Camel(s.Name)
	w.add(2, "%sAlarm:", id)
	w.add(4, "Type: AWS::CloudWatch::Alarm")
	w.add(4, "Properties:")
	w.add(6, "AlarmDescription: !Sub %q", advice(s))
	w.add(6, "Namespace: AWS/Lambda")
	w.add(6, "MetricName: Errors")
	w.add(6, "Dimensions: [{ Name: FunctionName, Value: !Ref %s }]", id)
	w.add(6, "Statistic: Sum")
	w.add(6, "Period: 60")
	w.add(6, "EvaluationPeriods: 1")
	w.add(6, "Threshold: 0")
	w.add(6, "ComparisonOperator: GreaterThanThreshold")
	w.add(6, "TreatMissingData: notBreaching")
	w.add(6, "AlarmActions: [!Ref AlarmTopic]")
	w.add(6, "OKActions: [!Ref AlarmTopic]")
}

// advice tells who gets the alarm what to do.
func advice(s edge.Spec) string {
	log := fmt.Sprintf("Read the log /zenvault/${AWS::StackName}/%s of that minute", s.Name)
	switch {
	case s.HTTP():
		return fmt.Sprintf("%s %s did not start, crashed or ran out of time; its callers were answered 5xx. %s. If it began with a deployment, deploy the version before.",
			s.Method, strings.NewReplacer("{", "<", "}", ">").Replace(s.Path), log)
	case s.Queue != "":
		return fmt.Sprintf("Messages of %s are not worked off: %s did not start, crashed or ran out of time. %s. They come again, and after five times they wait among the dead letters: redrive them from there.",
			s.Queue, s.Name, log)
	case s.Every > 0:
		return fmt.Sprintf("%s did not finish, so what is due may be late. %s. It starts again every %s; nothing is lost meanwhile.", s.Name, log, span(s.Every))
	}
	return fmt.Sprintf("%s failed when somebody invoked it. %s and see who it was in CloudTrail; the answer of the invocation says what was wrong.", s.Name, log)
}
