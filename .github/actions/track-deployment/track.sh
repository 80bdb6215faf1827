#!/usr/bin/env bash
# Record a deployment at GitHub: TRACK_OPERATION=start creates it, =finish says how it ended.
# Everything comes by environment variables and is handed on as JSON: nothing of it is ever run.
# Trouble is told as an annotation; the exit status is 0 all the same, unless TRACK_STRICT=true.
set -uo pipefail

readonly TRIES=6
readonly PAUSE=${DORA_TRACK_PAUSE:-2} # seconds before the second try; doubled for each further
readonly LONGEST_PAUSE=8
readonly LONGEST_WAIT=60              # seconds to wait for a rate limit
readonly LOOKS=2                      # how often GitHub says that it has nothing, until it is believed
readonly REPOSITORY=${GITHUB_REPOSITORY:-}
readonly API=${GITHUB_API_URL:-https://api.github.com}
readonly SERVER=${GITHUB_SERVER_URL:-https://github.com}
readonly DEPLOYMENTS="$API/repos/$REPOSITORY/deployments"
readonly RUN="$SERVER/$REPOSITORY/actions/runs/${GITHUB_RUN_ID:-0}/attempts/${GITHUB_RUN_ATTEMPT:-1}"

troubled=false
status=0        # of the last answer; 0 for none
connected=false # whether the last request may have reached GitHub

# -- What is told ------------------------------------------------------------------------------

# Workflow commands take a line: what would end it, or begin another, is escaped as GitHub asks.
escaped() {
  local text=$1
  text=${text//\%/%25}
  text=${text//$'\r'/%0D}
  printf '%s' "${text//$'\n'/%0A}"
}

trouble() { # WHAT ADVICE
  local level=warning
  [[ ${TRACK_STRICT:-} == true ]] && level=error
  troubled=true
  printf '::%s title=Deployment not recorded::%s%%0A%s\n' "$level" "$(escaped "$1")" "$(escaped "$2")"
}

# A name as JSON, so that it stays on its line and begins none.
quoted() { jq -nc --arg text "$1" '$text'; }

say() { printf 'track-deployment: %s\n' "$1"; }

# -- Asking GitHub -----------------------------------------------------------------------------

# call METHOD ADDRESS [FILE]: one request; its answer is in $folder/answer, its status in $status.
call() {
  local method=$1 address=$2 code
  local more=()
  if (($# > 2)); then more=(--data-binary "@$3"); fi
  : >"$folder/answer"
  : >"$folder/headers"
  status=$(curl --silent --max-time 20 --connect-timeout 10 --request "$method" \
    --header "@$folder/request" --dump-header "$folder/headers" --output "$folder/answer" \
    --write-out '%{http_code}' "${more[@]+"${more[@]}"}" -- "$address" 2>"$folder/error")
  code=$?
  connected=true
  case $code in 5 | 6 | 7 | 35) connected=false ;; esac # no such host, no connection, no TLS
  ((code)) && status=0
  [[ $status =~ ^[0-9]+$ ]] || status=0
}

header() { # NAME: its last value, empty for none
  tr '[:upper:]' '[:lower:]' <"$folder/headers" | tr -d '\r' |
    sed -n "s/^$1:[[:space:]]*//p" | tail -n 1
}

message() { # what GitHub says of a refusal
  jq -r '[.message, (.errors[]? | .message? // (. | tostring))]
    | map(select(. != null and . != "")) | join("; ") | .[:500]' "$folder/answer" 2>/dev/null
}

is_rate_limited() {
  [[ $status == 429 ]] && return 0
  [[ $status == 403 ]] || return 1
  [[ -n $(header retry-after) || $(header x-ratelimit-remaining) == 0 ]] && return 0
  [[ $(message) == *"rate limit"* ]]
}

# Seconds until the limit is over: as GitHub says, a minute where it does not.
seconds_limited() {
  local after reset
  after=$(header retry-after)
  reset=$(header x-ratelimit-reset)
  if [[ $after =~ ^[0-9]+$ ]]; then
    printf '%s' "$after"
  elif [[ $(header x-ratelimit-remaining) == 0 && $reset =~ ^[0-9]+$ ]]; then
    printf '%s' $((reset > $(date +%s) ? reset - $(date +%s) + 1 : 1))
  else
    printf 60
  fi
}

# explain: what the last answer means for whoever reads the run's page.
explain() {
  local said
  said="GitHub says: $(message)"
  case $status in
    0) trouble "GitHub gave no answer: $(head -c 200 "$folder/error")" \
      "Was $API reachable from this runner? The deployment itself went on." ;;
    202) trouble "GitHub merged the default branch into the ref instead of filing a deployment. $said" \
      "Run the workflow again on the merged commit, or deploy by sha." ;;
    401) trouble "GitHub refuses the token. $said" \
      "Leave the input token out to use the job's own, or renew the secret behind it." ;;
    403 | 404) trouble "the token may not write deployments of $REPOSITORY. $said" \
      "Give the job 'permissions: deployments: write'. Runs for pull requests from forks never have it." ;;
    409) trouble "the ref conflicts with what GitHub expects of it. $said" \
      "Deploy a commit (input sha) instead of a branch that cannot be merged." ;;
    422) trouble "GitHub does not accept the deployment. $said" \
      "Check environment, ref and sha: the commit must be pushed, a name has at most 255 characters." ;;
    5*) trouble "GitHub could not answer (status $status)." \
      "See whether GitHub has an outage; the deployment itself went on." ;;
    *) trouble "GitHub answered with status $status. $said" \
      "Check GITHUB_API_URL and the repository's name." ;;
  esac
}

# -- Trying again ------------------------------------------------------------------------------

# file_once ADDRESS FIND: file $folder/body there, once. Where an answer was lost, FIND looks whether
# it arrived after all; nothing is sent again before that is known.
# Gives 0 when it is filed, with its record in $folder/answer.
file_once() {
  local try pause=$PAUSE is_known=true seconds misses seen
  for ((try = 1; try <= TRIES; try++)); do
    if $is_known; then
      call POST "$1" "$folder/body"
      [[ $status == 201 ]] && return 0
      if is_rate_limited; then
        seconds=$(seconds_limited)
        if ((try == TRIES || seconds > LONGEST_WAIT)); then
          trouble "GitHub's rate limit is used up for $seconds more seconds." \
            "Make fewer requests with this token, or give the input token one of its own."
          return 1
        fi
        sleep "$seconds"
        continue
      fi
      if [[ $status != 0 && $status != 5?? ]]; then
        explain
        return 1
      fi
      misses=0
      $connected && is_known=false # it may be there: look before sending it again
    fi
    sleep "$pause"
    pause=$((pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE))
    $is_known && continue
    seen=$status
    "$2"
    case $? in
      0) return 0 ;;                              # it is there
      1) ((++misses < LOOKS)) || is_known=true ;; # it is not, and not only late: send it again
      *) ;;                                       # nobody knows: look again
    esac
    status=$seen
  done
  explain
  return 1
}

# shellcheck disable=SC2329 # what the two below begin with
is_list() { jq -e -s 'length == 1 and (.[0] | type == "array")' "$folder/answer" >/dev/null 2>&1; }

# Both give 0 where the record is there, 1 where it is not, 2 where GitHub does not say.
# shellcheck disable=SC2329 # handed to file_once by name
find_deployment() {
  local name
  name=$(jq -nr --arg name "$TRACK_ENVIRONMENT" '$name | @uri')
  call GET "$DEPLOYMENTS?per_page=100&environment=$name"
  [[ $status == 200 ]] || return 2
  is_list || return 2
  # A payload is an object, or JSON in a string where its creator encoded it twice.
  jq -e --arg key "$key" '
    def keyed: if type == "string" then (fromjson? // {}) else . end
      | if type == "object" then .key else null end;
    map(select((.payload | keyed) == $key)) | .[0] // empty' \
    "$folder/answer" >"$folder/found" 2>/dev/null
  case $? in 0) mv "$folder/found" "$folder/answer" ;; *) return 1 ;; esac
}

# shellcheck disable=SC2329 # likewise
find_status() {
  call GET "$DEPLOYMENTS/$TRACK_DEPLOYMENT_ID/statuses?per_page=100"
  [[ $status == 200 ]] || return 2
  is_list || return 2
  jq -e --slurpfile asked "$folder/body" '
    map(select(.state == $asked[0].state and .log_url == $asked[0].log_url)) | length > 0' \
    "$folder/answer" >/dev/null 2>&1
}

# -- start and finish --------------------------------------------------------------------------

# is_flag NAME VALUE: whether it is true or false; anything else is told and counts as not given.
is_flag() {
  case $2 in
    true | false) return 0 ;;
    "") return 1 ;;
  esac
  trouble "the input $1 is neither true nor false: $(quoted "$2")" "Write $1: true, or leave it out."
  return 1
}

write_deployment() {
  local own='{}' rollback=null production=null transient=null
  if [[ -n ${TRACK_PAYLOAD:-} ]]; then
    if jq -e 'type == "object"' <<<"$TRACK_PAYLOAD" >/dev/null 2>&1; then
      own=$TRACK_PAYLOAD
    else
      trouble "the input payload is no JSON object and was left out." 'Write one, such as {"team": "care"}.'
    fi
  fi
  is_flag rollback "${TRACK_ROLLBACK:-}" && rollback=$TRACK_ROLLBACK
  is_flag production-environment "${TRACK_PRODUCTION:-}" && production=$TRACK_PRODUCTION
  is_flag transient-environment "${TRACK_TRANSIENT:-}" && transient=$TRACK_TRANSIENT
  jq -n --arg ref "${TRACK_REF:-${TRACK_SHA:-${GITHUB_SHA:-}}}" --arg task "${TRACK_TASK:-deploy}" \
    --arg environment "$TRACK_ENVIRONMENT" --arg description "${TRACK_DESCRIPTION:-}" \
    --arg service "${TRACK_SERVICE:-}" --arg stack "${TRACK_STACK:-}" --arg key "$key" \
    --arg run "${GITHUB_RUN_ID:-}" --arg attempt "${GITHUB_RUN_ATTEMPT:-}" --argjson own "$own" \
    --argjson rollback "$rollback" --argjson production "$production" \
    --argjson transient "$transient" '
    def given: with_entries(select(.value != null and .value != ""));
    {
      ref: $ref, task: $task, environment: $environment, description: $description,
      production_environment: $production, transient_environment: $transient
    } | given + {
      auto_merge: false, required_contexts: [],
      payload: ($own + ({
        dora: 1, service: $service, stack: $stack, run_id: ($run | tonumber? // .),
        run_attempt: ($attempt | tonumber? // .), key: $key,
        rollback: (if $rollback then true else null end)
      } | given))
    }' >"$folder/body"
}

write_status() { # STATE DESCRIPTION ADDRESS
  jq -n --arg state "$1" --arg description "$2" --arg log "$RUN" --arg url "$3" '
    {state: $state, description: $description[:140], log_url: $log}
    + (if $url == "" then {} else {environment_url: $url} end)' >"$folder/body"
}

start() {
  if [[ -z ${TRACK_ENVIRONMENT:-} ]]; then
    trouble "no environment was named." "Give the input environment, such as production."
    return
  fi
  # Of this very start: GitHub's record is found again by it where the answer got lost.
  key="${GITHUB_RUN_ID:-0}-${GITHUB_RUN_ATTEMPT:-1}-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')"
  write_deployment || { trouble "the request could not be written." "Is jq 1.5 or newer there?"; return; }
  file_once "$DEPLOYMENTS" find_deployment || return
  local id
  id=$(jq -r '.id | numbers | floor' "$folder/answer" 2>/dev/null)
  if ! [[ $id =~ ^[0-9]+$ ]]; then
    trouble "GitHub's answer names no deployment." "Check GITHUB_API_URL: something else answers there."
    return
  fi
  printf 'deployment-id=%s\n' "$id" >>"${GITHUB_OUTPUT:-/dev/null}"
  say "deployment $id to $(quoted "$TRACK_ENVIRONMENT") has begun"
  TRACK_DEPLOYMENT_ID=$id
  write_status in_progress "" ""
  file_once "$DEPLOYMENTS/$id/statuses" find_status
}

# state_of: what the job's status, or the input state, is in GitHub's words for deployments.
state_of() {
  case ${TRACK_STATE:-${TRACK_JOB_STATUS:-}} in
    success | failure | error | inactive) printf '%s' "${TRACK_STATE:-$TRACK_JOB_STATUS}" ;;
    cancelled) printf error ;;
  esac
}

# description_of STATE: how it ended; GitHub keeps a payload as it was, so the phase stands here.
# The report reads "apply had not begun", "apply had begun" and "nothing to change": fixed words.
description_of() {
  local verb=ended text phase=${TRACK_PHASE:-}
  [[ $1 == failure ]] && verb=failed
  [[ $1 == error ]] && verb="was cancelled or broke off"
  # A description is of 140 characters at most, and the words behind the phase must be among them.
  if [[ -n $phase && $1 != success ]]; then text="phase ${phase:0:50} $verb"; else text=""; fi
  if [[ $1 != success ]]; then
    case ${TRACK_APPLY_BEGUN:-} in
      true) text="${text:+$text; }apply had begun: state may have changed" ;;
      false) text="${text:+$text; }apply had not begun: nothing has changed" ;;
    esac
  elif [[ ${TRACK_CHANGES:-} == false ]]; then
    text="nothing to change"
  fi
  printf '%s' "$text"
}

finish() {
  if [[ -z ${TRACK_DEPLOYMENT_ID:-} ]]; then
    say "there is no deployment to finish: start recorded none"
    [[ ${TRACK_STRICT:-} != true ]] ||
      trouble "there is no deployment to finish." "Hand on start's output deployment-id."
    return
  fi
  if ! [[ $TRACK_DEPLOYMENT_ID =~ ^[0-9]+$ ]]; then
    trouble "no id of a deployment: $(quoted "$TRACK_DEPLOYMENT_ID")" "Hand on start's output deployment-id."
    return
  fi
  local state url=${TRACK_ENVIRONMENT_URL:-}
  state=$(state_of)
  if [[ -z $state ]]; then
    trouble "no state of a deployment: $(quoted "${TRACK_STATE:-${TRACK_JOB_STATUS:-}}")" \
      "Leave the input state out, or write success, failure, error or inactive."
    return
  fi
  if [[ -n $url && ! $url =~ ^https?://[^[:space:]]+$ ]]; then
    trouble "the input environment-url is no web address and was left out: $(quoted "$url")" \
      "Write it with https:// and without blanks."
    url=""
  fi
  is_flag changes "${TRACK_CHANGES:-}" || TRACK_CHANGES=""
  write_status "$state" "$(description_of "$state")" "$url"
  file_once "$DEPLOYMENTS/$TRACK_DEPLOYMENT_ID/statuses" find_status || return
  local unchanged=false
  [[ $state == success && $TRACK_CHANGES == false ]] && unchanged=true
  printf 'unchanged=%s\n' "$unchanged" >>"${GITHUB_OUTPUT:-/dev/null}"
  say "deployment $TRACK_DEPLOYMENT_ID ended: $state"
}

main() {
  local tool
  for tool in curl jq; do
    command -v "$tool" >/dev/null && continue
    trouble "there is no $tool on this runner." "Install it before this step."
    return
  done
  folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/track.XXXXXX") || {
    trouble "there is no room for a temporary file." "Make some on this runner."
    return
  }
  trap 'rm -rf "$folder"' EXIT
  # In a file of its own: what stands in a command line, every process of the machine may read.
  (umask 077 && printf '%s\n' "authorization: Bearer ${TRACK_TOKEN:-}" \
    "accept: application/vnd.github+json" "content-type: application/json" \
    "user-agent: track-deployment" >"$folder/request")
  case ${TRACK_OPERATION:-} in
    start) start ;;
    finish) finish ;;
    *) trouble "no operation: $(quoted "${TRACK_OPERATION:-}")" "Write operation: start, or finish." ;;
  esac
}

main
if $troubled && [[ ${TRACK_STRICT:-} == true ]]; then exit 1; fi
exit 0
