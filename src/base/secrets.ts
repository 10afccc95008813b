/** Names of keys whose values are never shown, in the blocks of stores as in those of plug-ins and drivers. */
export const secretName =
  /passw(or)?d|passphrase|pwd|secret|token$|api_?key|access_?key|private_key|connection_string|credential/i

/**
 * The password of a URL, up to the last `@` since some drivers take more of them, and what a connection text has under
 * a secret name.
 */
const secretInText = /(\/\/[^:@/\s]*:)(\S+)(?=@)|((?:password|passwd|pwd|secret|token|key)=)([^,;&"'}]+)/gi

/** A text with `mask` in place of every secret that stands between other things. */
export function hideSecretsInText(text: string, mask: (secret: string) => string): string {
  return text.replace(
    secretInText,
    (_, beforePassword?: string, password?: string, name?: string, value?: string) =>
      `${beforePassword ?? name ?? ''}${mask(password ?? value ?? '')}`,
  )
}
