/**
 * The scripts of `facecls completion`: each hands the words up to the cursor to `facecls __complete` (complete.ts)
 * and offers what it prints. Files and folders are found by the shell, which knows how to quote them.
 */

/** Runs in bash 3.2 too, as on macOS; only there a folder is followed by a space. */
const BASH = `_facecls() {
  local IFS=$'\\n' current=\${COMP_WORDS[COMP_CWORD]} prefix= names=file default=default word
  local -a lines=()
  while IFS=$'\\t' read -r word _; do
    lines+=("$word")
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  # Bash takes = for a word of its own, unless COMP_WORDBREAKS says otherwise.
  [[ $current == '=' ]] && current=
  case \${lines[0]} in
    words)
      COMPREPLY=($(compgen -W "\${lines[*]:1}" -- "$current"))
      ;;
    files | folders)
      [[ \${lines[0]} == folders ]] && names=directory default=dirnames
      [[ $current == --*=* ]] && prefix=\${current%%=*}=
      while read -r word; do
        COMPREPLY+=("$word")
      done < <(compgen -P "$prefix" -A $names -- "\${current#"$prefix"}")
      # Where none was found, the shell looks itself: it knows quotes.
      compopt -o filenames -o $default 2>/dev/null
      ;;
  esac
}
complete -F _facecls facecls`;

const ZSH = `_facecls() {
  local -a lines=("\${(@f)$(\${~words[1]} __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  local kind=$lines[1]
  lines=("\${(@)lines[2,-1]/$'\\t'/:}")
  case $kind in
    words) (( $#lines )) && _describe value lines ;;
    files) compset -P '--*='; _files ;;
    folders) compset -P '--*='; _files -/ ;;
  esac
}
# Autoloaded, it is called at once; read by \`source\`, it only makes itself known.
if [[ $funcstack[1] == _facecls ]]; then
  _facecls "$@"
else
  compdef _facecls facecls
fi`;

const FISH = `function __facecls_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    type -q $program; or return
    set -l lines ($program __complete $words[2..] "$current" 2>/dev/null)
    set -l prefix (string match -r '^--[^=]*=' -- "$current")
    set -l begun (string replace -r '^--[^=]*=' '' -- "$current")
    switch "$lines[1]"
        case words
            printf '%s\\n' $lines[2..]
        case files
            printf '%s\\n' "$prefix"(__fish_complete_path $begun)
        case folders
            printf '%s\\n' "$prefix"(__fish_complete_directories $begun)
    end
end
complete -c facecls -e
complete -c facecls -f -a '(__facecls_complete)'`;

const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH };

export function completionScript(shell: keyof typeof SCRIPTS, version: string): string {
  // The first line is how zsh knows a function that it autoloads.
  const first = shell === 'zsh' ? '#compdef facecls\n' : '';
  const written = `written by \`facecls completion ${shell}\``;
  return `${first}# Completion of facecls ${version} for ${shell}, ${written}.\n${SCRIPTS[shell]}`;
}
