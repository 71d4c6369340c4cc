// The completion script of powershell.
import { names, spellings, withValue, type CompletedCommand } from './shared.ts';

export function powershell(commands: readonly CompletedCommand[]): string {
  const list = (words: readonly string[]): string => `@(${words.map(doubled).join(', ')})`;
  const table = (rows: readonly (readonly [string, readonly string[]])[]): string =>
    rows.map(([key, words]) => `    ${doubled(key)} = ${list(words)}`).join('\n');
  const choices = withValue(commands).flatMap((f) =>
    f.choices === undefined ? [] : spellings(f).map((s) => [s, f.choices ?? []] as const),
  );
  return `# powershell completion of comfy-gen: comfy-gen completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName comfy-gen -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $flags = @{
${table(commands.map((c) => [c.name, c.options.flatMap(spellings)] as const))}
  }
  $words = @{
${table(commands.flatMap((c) => (c.words === undefined || c.words === 'file' ? [] : [[c.name, c.words] as const])))}
  }
  # -s and -S, like -n and -N, are different here: a table that minds case
  $choices = New-Object System.Collections.Hashtable
  ${choices.map(([flag, values]) => `$choices[${doubled(flag)}] = ${list(values)}`).join('\n  ')}
  $valued = ${list(withValue(commands).flatMap(spellings))}
  $command = $null; $previous = ''; $skip = $true
  foreach ($element in $commandAst.CommandElements) {
    if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete) { break }
    $text = $element.Extent.Text
    if ($skip) { $skip = $false } elseif ($valued -ccontains $text) { $skip = $true } elseif ($null -eq $command -and $text -notlike '-*') { $command = $text }
    $previous = $text
  }
  $taker = if ($null -ne $command -and $flags.ContainsKey($command)) { $command } else { ${doubled(commands[0]?.name ?? '')} }
  $found = if ($choices.ContainsKey($previous)) { $choices[$previous] }
    elseif ($valued -ccontains $previous) { @() }
    elseif ($wordToComplete -like '-*') { $flags[$taker] }
    elseif ($null -eq $command) { ${list(names(commands))} }
    else { $words[$taker] }
  $found | Where-Object { $_ -clike "$wordToComplete*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`;
}

/** A word in single quotes for powershell. */
function doubled(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
